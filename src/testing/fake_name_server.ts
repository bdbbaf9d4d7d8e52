/** Name servers for names by a table, wrong answers included. */
import type { Answer } from "dns-packet";
import { startFakeDns, type FakeDnsReply } from "./fake_dns.ts";

export interface NameAnswer {
  a?: string[];
  aaaa?: string[];
  /** The name that it is an alias of, whose own answer follows in the same message. */
  cname?: string;
  rcode?: "NXDOMAIN" | "SERVFAIL" | "REFUSED";
  /** `truncated` says over UDP that the answer does not fit, and gives it over TCP; `cut` is half a message. */
  delayMs?: number;
  fault?: "silent" | "garbage" | "wrong_id" | "truncated" | "cut";
}

/** By name in lower case; a name that is not in it does not exist. */
export type Zone = Record<string, NameAnswer>;

export interface FakeNameServer extends AsyncDisposable {
  /** `127.0.0.1:port`, UDP and TCP. */
  address: string;
  /** May be changed at any time. */
  zone: Zone;
}

const rcodes = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 };

const spoilers: Partial<Record<NonNullable<NameAnswer["fault"]>, (message: Buffer) => Buffer>> = {
  garbage: (message) => Buffer.concat([message.subarray(0, 2), Buffer.alloc(60, 0xff)]),
  wrong_id: (message) => Buffer.concat([Buffer.from([message[0]! ^ 1]), message.subarray(1)]),
  cut: (message) => message.subarray(0, message.length >> 1),
};

export async function startFakeNameServer(zone: Zone): Promise<FakeNameServer> {
  const server = await startFakeDns({
    reply({ name, type, via }): FakeDnsReply | undefined {
      const found = zone[name.toLowerCase()] ?? { rcode: "NXDOMAIN" };
      if (found.fault === "silent") return undefined;
      const truncated = found.fault === "truncated" && via === "udp";
      const answers = truncated ? [] : recordsOf(name, type, found, zone);
      const spoil = found.fault && spoilers[found.fault];
      return { answers, truncated, delayMs: found.delayMs ?? 0, ...(found.rcode && { rcode: rcodes[found.rcode] }), ...(spoil && { spoil }) };
    },
  });
  return { address: `127.0.0.1:${server.port}`, zone, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function recordsOf(name: string, type: string, answer: NameAnswer, zone: Zone): Answer[] {
  if (answer.cname !== undefined) {
    const alias: Answer = { type: "CNAME", name, ttl: 0, data: answer.cname };
    const next = answer.cname === name ? undefined : zone[answer.cname];
    return next ? [alias, ...recordsOf(answer.cname, type, next, zone)] : [alias];
  }
  const addresses = (type === "A" ? answer.a : type === "AAAA" ? answer.aaaa : undefined) ?? [];
  return addresses.map((data): Answer => ({ type: type as "A", name, ttl: 0, data }));
}
