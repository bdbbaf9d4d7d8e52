/**
 * The egress gate of every kind of check. The kinds are taken from the table of probes itself: one without an entry here
 * fails. What counts is what arrives: a listener on the refused address, TCP and UDP, must hear nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { parseCheckDocument } from "#ports/check_document";
import { startFakeNameServer, type FakeNameServer } from "../../../testing/fake_name_server.ts";
import { startFakeSite, type FakeSite } from "../../../testing/fake_site.ts";
import { tryCheck } from "../../../testing/run_check.ts";
import { createResolver, type Resolver } from "../net/resolver.ts";
import { errands, probes } from "./index.ts";
import type { RunEnvironment } from "./probe.ts";

type Kind = keyof typeof probes;

interface GateEntry {
  /** A target of this kind at `host` (IPv6 in brackets) and port. */
  target(host: string, port: number): Record<string, unknown>;
  /** Why the kind cannot reach a listener of ours. */
  withoutPort?: string;
}

const table: Record<Kind, GateEntry> = {
  http: { target: (host, port) => ({ url: `http://${host}:${port}/` }) },
  graphql: { target: (host, port) => ({ url: `http://${host}:${port}/graphql`, query: "{ ok }" }) },
  grpc: { target: (host, port) => ({ address: `${host}:${port}` }) },
  tcp: { target: (host, port) => ({ host, port }) },
  tls: { target: (host, port) => ({ host, port }) },
  dns: { target: (host, port) => ({ name: "example.test", server: `${host}:${port}` }) },
  icmp: { target: (host) => ({ host }), withoutPort: "an echo request goes to a host, not to a listener" },
  websocket: { target: (host, port) => ({ url: `ws://${host}:${port}/` }) },
};

/** More ways to a place than the entry's own, each of which must pass the gate too. */
const detours: Partial<Record<Kind, Record<string, (host: string, port: number) => Record<string, unknown>>>> = {
  http: {
    "a proxy": (host, port) => ({ url: "http://127.0.0.1:9/", proxy: { url: `http://${host}:${port}` } }),
    "a token endpoint": (host, port) => ({ url: "http://127.0.0.1:9/", auth: { type: "oauth2", tokenUrl: `http://${host}:${port}/token`, clientId: "id", clientSecret: "s" } }),
  },
  graphql: { "a proxy": (host, port) => ({ url: "http://127.0.0.1:9/graphql", query: "{ ok }", proxy: { url: `http://${host}:${port}` } }) },
  grpc: { reflection: (host, port) => ({ address: `${host}:${port}`, mode: "call", service: "a.B", method: "C", reflection: true }) },
  dns: {
    tcp: (host, port) => ({ name: "example.test", server: `${host}:${port}`, transport: "tcp" }),
    tls: (host, port) => ({ name: "example.test", server: `${host}:${port}`, transport: "tls" }),
  },
};

let listener: FakeSite;
let packets: Socket;
let heard = 0;
let names: FakeNameServer;
let resolver: Resolver;
beforeAll(async () => {
  listener = await startFakeSite({ host: "127.0.0.2" });
  packets = createSocket("udp4").on("message", () => void heard++);
  await new Promise<void>((resolve) => packets.bind(listener.port, "127.0.0.2", resolve));
  names = await startFakeNameServer({ "inside.test": { a: ["127.0.0.2"] }, "metadata.test": { a: ["169.254.169.254"] } });
  resolver = createResolver({ servers: [names.address], hostsFile: "/dev/null", configFile: "/dev/null" });
});
afterAll(async () => {
  await new Promise((resolve) => packets.close(() => resolve(undefined)));
  await listener.close();
  await names[Symbol.asyncDispose]();
});

const denied: Partial<RunEnvironment> = { egress: { allow: [], deny: ["127.0.0.0/8"], own: [] } };

async function expectRefusal(kind: Kind | keyof typeof errands, target: Record<string, unknown>, environment: Partial<RunEnvironment>): Promise<string> {
  const before = listener.connections + heard;
  const run = await tryCheck({ type: kind, target, timeoutMs: 5_000 }, { resolver, ...environment });
  expect({ ...run.error }).toMatchObject({ kind: "target_forbidden" });
  expect(run.status).toBe("unknown");
  expect(listener.connections + heard).toBe(before);
  return run.error!.message;
}

test("every kind of check has an entry, whose target is one that a person may write", () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(probes).sort());
  for (const [kind, ways] of [...Object.entries(table).map(([kind, { target }]) => [kind, { target }] as const), ...Object.entries(detours)]) {
    for (const target of Object.values(ways)) expect(parseCheckDocument({ name: "n", type: kind, target: target("host.test", 8080) })).toMatchObject({ ok: true });
  }
});

describe("what is run like a check without being one makes no connection", () => {
  const targets: Record<keyof typeof errands, (address: string) => Record<string, unknown>> = { grpc_reflection: (address) => ({ address }) };
  for (const kind of Object.keys(errands) as (keyof typeof errands)[]) {
    test(`${kind}, to what is forbidden`, async () => {
      expect(await expectRefusal(kind, targets[kind]("169.254.169.254:80"), {})).toContain("169.254.169.254 is a metadata");
      expect(await expectRefusal(kind, targets[kind](`127.0.0.2:${listener.port}`), denied)).toContain("egress-deny");
      expect(await expectRefusal(kind, targets[kind](`127.0.0.2:${listener.port}`), { privateAllowed: false })).toContain("is a private address");
      expect(await expectRefusal(kind, targets[kind](`inside.test:${listener.port}`), denied)).toContain("inside.test resolves to 127.0.0.2");
    });
  }
});

for (const kind of Object.keys(probes) as Kind[]) {
  const entry = table[kind];
  describe(`${kind} makes no connection and sends no packet`, () => {
    const ways = { "its target": entry.target, ...detours[kind] };
    for (const [way, target] of Object.entries(ways)) {
      test(`to a forbidden address, by ${way}`, async () => {
        expect(await expectRefusal(kind, target("169.254.169.254", 80), {})).toContain("169.254.169.254 is a metadata");
        expect(await expectRefusal(kind, target("[::ffff:169.254.169.254]", 80), {})).toContain("is a metadata");
      });
      test(`to an address that the operator denies, by ${way}`, async () => {
        expect(await expectRefusal(kind, target("127.0.0.2", listener.port), denied)).toContain("egress-deny");
      });
      test(`to a private address without leave, by ${way}`, async () => {
        expect(await expectRefusal(kind, target("127.0.0.2", listener.port), { privateAllowed: false })).toContain("is a private address");
      });
      test(`to a name that resolves to one, by ${way}`, async () => {
        expect(await expectRefusal(kind, target("inside.test", listener.port), denied)).toContain("inside.test resolves to 127.0.0.2");
        expect(await expectRefusal(kind, target("metadata.test", 80), {})).toContain("metadata.test resolves to 169.254.169.254");
        expect(await expectRefusal(kind, target("localhost.", listener.port), denied)).toContain("127.0.0.1");
      });
      test.skipIf(entry.withoutPort !== undefined)(`to UptimePing itself, by ${way}${entry.withoutPort ? ` (${entry.withoutPort})` : ""}`, async () => {
        const own = { egress: { allow: ["0.0.0.0/0"], deny: [], own: [`127.0.0.2:${listener.port}`] } };
        expect(await expectRefusal(kind, target("127.0.0.2", listener.port), own)).toContain("own listeners");
        expect(await expectRefusal(kind, target("inside.test", listener.port), own)).toContain("own listeners");
      });
    }
    // Else none of the tests above would mean anything.
    test.skipIf(kind === "icmp")("until it is allowed: then the listener hears it", async () => {
      for (const target of Object.values(ways)) {
        if (JSON.stringify(target("x", 1)).includes(":9/")) continue;
        const before = listener.connections + heard;
        await tryCheck({ type: kind, target: target("inside.test", listener.port), timeoutMs: 500 }, { resolver });
        expect(listener.connections + heard).toBeGreaterThan(before);
      }
    });
  });
}

/** How an address may be written so that a filter on text does not see it (SSRF-1 to 12). */
const spellings: Record<string, string> = {
  "in decimal": "2130706434",
  "in hexadecimal": "0x7f000002",
  "in octal": "017700000002",
  "in mixed parts": "0x7f.0.0.2",
  "in octal parts": "0177.0.0.02",
  "in two parts": "127.2",
  "in three parts": "127.0.2",
  "with a final dot": "127.0.0.2.",
  "in fullwidth digits": "１２７.0.0.2",
  "with an ideographic stop": "127。0。0。2",
  "in circled digits": "①②⑦.0.0.②",
  "percent-encoded": "%31%32%37.0.0.2",
  "mapped into IPv6": "[::ffff:127.0.0.2]",
  "mapped, in hexadecimal": "[::ffff:7f00:2]",
  "mapped, written out": "[0:0:0:0:0:ffff:7f00:0002]",
  "in NAT64": "[64:ff9b::7f00:2]",
  "in 6to4": "[2002:7f00:2::]",
  "compatible with IPv4": "[::127.0.0.2]",
};

describe("an address", () => {
  for (const [how, host] of Object.entries(spellings)) {
    test(`${how} (${host}) is seen for what it is`, async () => {
      for (const kind of ["http", "graphql"] as const) await expectRefusal(kind, table[kind].target(host, listener.port), { ...denied, privateAllowed: false });
    });
  }
  test("as the name localhost, in every case and with a dot, is loopback", async () => {
    for (const host of ["localhost", "localhost.", "LOCALHOST", "a.localhost", "ｌocalhost"]) expect(await expectRefusal("http", table.http.target(host, listener.port), denied)).toContain("127.0.0.1");
  });
  test("behind a user name, a fragment or a line break does not pass for a host", () => {
    for (const url of ["http://public.test@127.0.0.2/", "http://127.0.0.2:80@public.test/", "http://public.test\r\n@127.0.0.2/", "http:127.0.0.2", "file:///etc/passwd", "gopher://127.0.0.2/", "dict://127.0.0.2/"]) {
      expect(parseCheckDocument({ name: "n", type: "http", target: { url } })).toMatchObject({ ok: false });
    }
  });
  test("after a fragment or in the path is no host either", async () => {
    for (const url of [`http:///127.0.0.2:${listener.port}/`, `http://127.0.0.2:${listener.port}#@public.test/`, `http://127.0.0.2:${listener.port}\\@public.test/`, `http://127.0.0.2:${listener.port}/@public.test`]) {
      expect(await expectRefusal("http", { url }, denied)).toContain("127.0.0.2");
    }
  });
  test("that a plain host field cannot hold in another spelling is a name, and is not found", async () => {
    for (const host of ["2130706434", "0x7f000002", "127.2", "0177.0.0.02"]) {
      const before = listener.connections;
      const run = await tryCheck({ type: "tcp", target: { host, port: listener.port }, timeoutMs: 5_000 }, { resolver });
      expect(run.error?.kind as string).toBe("dns_not_found");
      expect(listener.connections).toBe(before);
    }
  });
});

describe("a redirect", () => {
  const through = async (location: string, environment: Partial<RunEnvironment>) => {
    await using site = await startFakeSite({ status: 302, headers: { Location: location }, body: "" });
    return await expectRefusal("http", { url: site.url }, environment);
  };
  test("is decided anew, for the literal and for the name that it leads to", async () => {
    const egress = { allow: [], deny: ["127.0.0.2/32"], own: [] };
    for (const host of ["127.0.0.2", "inside.test", "2130706434", "0x7f.2", "[::ffff:7f00:2]"]) {
      expect(await through(`http://${host}:${listener.port}/`, { egress })).toContain("egress-deny");
    }
    expect(await through("//169.254.169.254/latest", {})).toContain("169.254.169.254");
  });
});
