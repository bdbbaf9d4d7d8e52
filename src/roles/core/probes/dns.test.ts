import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket } from "node:dgram";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeDns, type FakeDns, type FakeDnsQuery, type FakeDnsReply } from "../../../testing/fake_dns.ts";
import { openSockets, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { createResolver } from "../net/resolver.ts";

setDefaultTimeout(30_000);

const nxdomain: FakeDnsReply = { rcode: 3, authorities: [{ name: "test", type: "SOA", ttl: 60, data: { mname: "ns.test", rname: "root.test", serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 4 } }] };
const address = (name: string, data: string, ttl = 300) => ({ name, type: "A" as const, ttl, data });

/** What the first label of a name is answered with. */
const zone: Record<string, (query: FakeDnsQuery) => FakeDnsReply | undefined> = {
  web: ({ name }) => ({ answers: [address(name, "192.0.2.1"), address(name, "192.0.2.2", 60)], authoritative: true }),
  alias: ({ name }) => ({ answers: [{ name, type: "CNAME", ttl: 20, data: "web.x.test" }, address("web.x.test", "192.0.2.1")] }),
  nx: () => nxdomain,
  empty: () => ({}),
  servfail: () => ({ rcode: 2 }),
  drop: () => undefined,
  signed: ({ name, dnssec }) => ({ answers: [address(name, "192.0.2.1")], authenticated: dnssec }),
  big: ({ name, via }) => (via === "udp" ? { truncated: true } : { answers: Array.from({ length: 200 }, (_, index) => address(name, `192.0.2.${index}`)) }),
  wrong_id: ({ name }) => ({ answers: [address(name, "192.0.2.66")], spoil: (message) => [message.fill(message[0]! ^ 1, 0, 1), Buffer.from([1]), Buffer.alloc(0)] }),
  wrong_question: () => ({ answers: [address("other.test", "192.0.2.66")], spoil: (message) => Buffer.from(message.toString("latin1").replace("wrong_question", "other_question"), "latin1") }),
  loop: ({ name }) => ({ answers: [address(name, "192.0.2.1")], spoil: (message) => Buffer.concat([message.subarray(0, -16 - name.length), Buffer.from([0xc0, message.length - 16 - name.length]), message.subarray(-14)]) }),
  counts: ({ name }) => ({ answers: [address(name, "192.0.2.1")], spoil: (message) => message.fill(0xff, 6, 8) }),
  cut: ({ name }) => ({ answers: [address(name, "192.0.2.1")], spoil: (message) => message.subarray(0, -2) }),
  long_data: ({ name }) => ({ answers: [address(name, "192.0.2.1")], spoil: (message) => message.fill(5, message.length - 5, message.length - 4) }),
  late: ({ name }) => ({ answers: [address(name, "192.0.2.1")], delayMs: 30 }),
};

let server: FakeDns;
beforeAll(async () => {
  server = await startFakeDns({ reply: (query) => zone[query.name.toLowerCase().split(".")[0]!]!(query) });
});
afterAll(() => server[Symbol.asyncDispose]());

const tryDns = (name: string, target: object = {}, rest: Partial<TrialCheck> = {}) => tryCheck({ type: "dns", target: { name, server: `127.0.0.1:${server.port}`, ...target }, timeoutMs: 5_000, ...rest });
const records = (op: string, value?: unknown) => ({ assertions: [{ source: "records", op, value }] });
/** For what never answers. */
const briefly = { timeoutMs: 300 };

describe("an answer", () => {
  test("with records is up, and people see what came", async () => {
    const run = await tryDns("web.x.test");
    expect(run).toMatchObject({ status: "up", dnsMs: Number.NaN, connectMs: Number.NaN });
    expect(run.firstByteMs).toBeGreaterThan(0);
    const { observed } = run.detail();
    expect(observed).toMatchObject({ remoteAddress: "127.0.0.1", transport: "udp", rcode: "NOERROR", flags: { aa: true, tc: false, ra: true, ad: false }, records: ["192.0.2.1", "192.0.2.2"] });
    expect(observed.answer).toEqual(["web.x.test. 300 A 192.0.2.1", "web.x.test. 60 A 192.0.2.2"]);
  });
  test("through an alias has the records of the type asked for, and shows the chain", async () => {
    const run = await tryDns("alias.x.test", {}, { assertions: [{ source: "records", op: "eq", value: "192.0.2.1" }, { source: "ttl", op: "eq", value: 20 }] });
    expect(run.status).toBe("up");
    expect(run.detail().observed.chain).toEqual(["alias.x.test. 20 CNAME web.x.test."]);
  });
  test("of a name that does not exist is its own kind, unless that is what is wanted", async () => {
    const run = await tryDns("nx.x.test");
    expect(run).toMatchObject({ status: "down", error: { kind: "dns_not_found", message: 'rcode "NXDOMAIN", expected "NOERROR"' } });
    expect(run.detail().observed.authority).toEqual(["test. 60 SOA ns.test. root.test. 7 1 2 3 4"]);
    expect((await tryDns("nx.x.test", {}, { assertions: [{ source: "rcode", op: "eq", value: "NXDOMAIN" }] })).status).toBe("up");
  });
  test("without records is not up, unless that is what is wanted", async () => {
    expect((await tryDns("empty.x.test")).error).toEqual({ kind: "dns_not_found", message: "records: the answer holds none of this type" });
    expect((await tryDns("empty.x.test", {}, records("is_empty"))).status).toBe("up");
  });
  test("that says that the server cannot is a failure of DNS", async () => {
    expect((await tryDns("servfail.x.test")).error).toEqual({ kind: "dns_failure", message: 'rcode "SERVFAIL", expected "NOERROR"' });
  });
  test("that comes late is waited for", async () => {
    const run = await tryDns("late.x.test");
    expect(run.status).toBe("up");
    expect(run.firstByteMs).toBeGreaterThan(25);
  });
});

describe("records are compared", () => {
  test("as a set, and the reason says the difference", async () => {
    expect((await tryDns("web.x.test", {}, records("eq", ["192.0.2.2", "192.0.2.1"]))).status).toBe("up");
    const run = await tryDns("web.x.test", {}, records("eq", ["192.0.2.1", "192.0.2.9"]));
    expect(run.error).toEqual({ kind: "assertion_failed", message: "records: missing 192.0.2.9, unexpected 192.0.2.2" });
    expect((await tryDns("web.x.test", {}, records("ne", ["192.0.2.1", "192.0.2.2"]))).error?.message).toBe("records are 192.0.2.1, 192.0.2.2, expected others");
  });
  test("one by one", async () => {
    expect((await tryDns("web.x.test", {}, records("contains", "192.0.2.2"))).status).toBe("up");
    expect((await tryDns("web.x.test", {}, records("matches", "^192\\.0\\.2\\.2$"))).status).toBe("up");
    expect((await tryDns("web.x.test", {}, records("not_matches", "^192\\."))).status).toBe("down");
  });
});

describe("a question", () => {
  test("says what it wants", async () => {
    await tryDns("web.x.test", { recursion: false });
    expect(server.queries.at(-1)).toMatchObject({ name: "web.x.test", type: "A", via: "udp", recursion: false, dnssec: false, edns: 1232 });
    const run = await tryDns("signed.x.test", { dnssec: true });
    expect(server.queries.at(-1)).toMatchObject({ recursion: true, dnssec: true });
    expect(run.detail().observed.authenticated).toBe(true);
  });
  test("of an international name goes out in punycode", async () => {
    await tryDns("web.bücher.test");
    expect(server.queries.at(-1)!.name).toBe("web.xn--bcher-kva.test");
  });
  test("comes from another port and with another id each time", async () => {
    const before = server.queries.length;
    for (let turn = 0; turn < 8; turn++) await tryDns("web.x.test");
    const seen = server.queries.slice(before);
    expect(new Set(seen.map(({ bytes }) => bytes.readUInt16BE(0))).size).toBeGreaterThan(4);
    expect(new Set(seen.map(({ fromPort }) => fromPort)).size).toBeGreaterThan(1);
  });
  test("that is lost is asked again", async () => {
    let heard = 0;
    await using deaf = await startFakeDns({ reply: ({ name }) => (++heard === 1 ? undefined : { answers: [address(name, "192.0.2.1")] }) });
    const run = await tryDns("web.x.test", { server: `127.0.0.1:${deaf.port}` }, { timeoutMs: 10_000 });
    expect(run.status).toBe("up");
    expect(run.detail().observed.packetsSent).toBe(2);
  });
});

describe("the way to the server", () => {
  test("may be over IPv6", async () => {
    await using six = await startFakeDns({ host: "::1", reply: zone.web! });
    for (const transport of ["udp", "tcp"]) {
      const run = await tryDns("web.x.test", { server: `[::1]:${six.port}`, transport });
      expect(run.status).toBe("up");
      expect(run.detail().observed.remoteAddress).toBe("::1");
    }
  });
  test("is TCP for an answer that does not fit", async () => {
    const run = await tryDns("big.x.test", {}, records("contains", "192.0.2.199"));
    expect(run.status).toBe("up");
    expect(run.connectMs).toBeGreaterThan(0);
    expect(run.detail().observed.transport).toStartWith("tcp, because");
  });
  test("is TCP when that is asked for", async () => {
    const run = await tryDns("web.x.test", { transport: "tcp" });
    expect(run.status).toBe("up");
    expect(run.connectMs).toBeGreaterThan(0);
    expect(server.queries.at(-1)!.via).toBe("tcp");
  });
  test("is TLS when that is asked for, with a certificate for the name of the server", async () => {
    const tls = { caPem: testCertificates().caPem };
    const run = await tryDns("web.x.test", { server: `localhost:${server.tlsPort}`, transport: "tls", tls }, { assertions: [{ source: "certificate_days", op: "gt", value: 100 }] });
    expect(run.error).toBeUndefined();
    expect(run.tlsMs).toBeGreaterThan(0);
    expect(run.dnsMs).toBeGreaterThan(0);
    expect(server.queries.at(-1)!.via).toBe("tls");
    const other = await tryDns("web.x.test", { server: `127.0.0.1:${server.tlsPort}`, transport: "tls", tls: { ...tls, serverName: "dns.other.test" } });
    expect(other.error).toEqual({ kind: "tls_host_mismatch", message: "tls failed: the certificate is not for dns.other.test" });
  });
  test("passes the gate when the target names the server", async () => {
    for (const transport of ["udp", "tcp", "tls"]) {
      const run = await tryDns("web.x.test", { server: "169.254.169.254", transport });
      expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
    }
    const named = await tryCheck({ type: "dns", target: { name: "web.x.test", server: "localhost" } }, { privateAllowed: false });
    expect(named.error?.message).toContain("localhost resolves to 127.0.0.1, and 127.0.0.1 is a private address");
  });
  test("goes to the system's servers in their order, which need no leave", async () => {
    await using dead = await startFakeDns({ reply: () => undefined });
    const system = createResolver({ servers: ["127.0.0.1:1", `127.0.0.1:${dead.port}`, `127.0.0.1:${server.port}`] });
    for (const transport of ["udp", "tcp"]) {
      const before = dead.queries.length;
      const run = await tryCheck({ type: "dns", target: { name: "web.x.test", transport }, timeoutMs: 10_000 }, { privateAllowed: false, resolver: transport === "udp" ? system : createResolver({ servers: ["127.0.0.1:1", `127.0.0.1:${server.port}`] }) });
      expect(run.error).toBeUndefined();
      expect(dead.queries.length - before).toBe(transport === "udp" ? 1 : 0);
    }
  });
});

describe("a server that", () => {
  test("is not there refuses", async () => {
    const gone = createSocket("udp4");
    const port = await new Promise<number>((resolve) => gone.bind(0, "127.0.0.1", () => resolve(gone.address().port)));
    await new Promise<void>((resolve) => gone.close(() => resolve()));
    const run = await tryDns("web.x.test", { server: `127.0.0.1:${port}` });
    expect(run.error).toEqual({ kind: "connect_refused", message: `connect to 127.0.0.1:${port} failed: connection refused` });
  });
  test("never answers is a timeout at the deadline", async () => {
    expect((await tryDns("drop.x.test", {}, briefly)).error).toEqual({ kind: "dns_timeout", message: "drop.x.test A was not answered within 300 ms" });
    expect((await tryDns("drop.x.test", { transport: "tcp" }, briefly)).error?.kind).toBe("dns_timeout");
  });
  test("answers another question, or with another id, is not believed", async () => {
    for (const name of ["wrong_id.x.test", "wrong_question.x.test"]) expect((await tryDns(name, {}, briefly)).error?.kind).toBe("dns_timeout");
    expect((await tryDns("wrong_question.x.test", { transport: "tcp" })).error?.message).toBe("wrong_question.x.test A was not answered: the answer is to another question");
  });
  test("is not the one that was asked is not believed", async () => {
    const stranger = createSocket("udp4");
    await using victim = await startFakeDns({
      reply: ({ bytes, fromPort }) => {
        const forged = Buffer.concat([bytes, Buffer.from("c00c0001000100000e100004c0000242", "hex")]).fill(0x84, 2, 3);
        forged.writeUInt16BE(1, 6);
        stranger.send(forged, fromPort, "127.0.0.1");
        return undefined;
      },
    });
    const run = await tryDns("web.x.test", { server: `127.0.0.1:${victim.port}` }, briefly);
    expect(victim.queries).toHaveLength(1);
    expect(run.error?.kind).toBe("dns_timeout");
    stranger.close();
  });
  test("sends nonsense is a failure of DNS at once", async () => {
    const reasons = {
      loop: "a name points forwards or at itself",
      counts: "a name is cut off",
      cut: "a record is longer than the message",
      long_data: "a record is longer than the message",
    };
    for (const [name, reason] of Object.entries(reasons)) {
      expect((await tryDns(`${name}.x.test`)).error).toEqual({ kind: "dns_failure", message: `${name}.x.test A was not answered: the answer cannot be read: ${reason}` });
    }
  });
  test("is dead delays nobody, and leaves no socket", async () => {
    const before = openSockets();
    const dead = Array.from({ length: 200 }, (_, index) => tryDns(`drop.n${index}.test`, {}, { timeoutMs: 2_000 }));
    const healthy = await Promise.all(Array.from({ length: 50 }, () => tryDns("web.x.test")));
    for (const run of healthy) {
      expect(run.status).toBe("up");
      expect(run.latencyMs).toBeLessThan(1_000);
    }
    for (const run of await Promise.all(dead)) expect(run.error?.kind).toBe("dns_timeout");
    for (let turn = 0; turn < 100 && openSockets() > before; turn++) await new Promise(setImmediate);
    expect(openSockets()).toBeLessThanOrEqual(before);
  });
});
