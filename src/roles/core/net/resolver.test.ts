import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakeDns } from "../../../testing/fake_dns.ts";
import { openSockets, tryCheck } from "../../../testing/run_check.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { parseResolverConfig } from "./dns_servers.ts";
import type { Failure } from "./failure.ts";
import { createResolver, parseHosts, type IpFamily, type Resolver } from "./resolver.ts";

setDefaultTimeout(30_000);

/** Answers by the first label: a.* has an A record, six.* an AAAA, both.* both, nx.*, servfail.* and drop.* as named. */
let server: Socket;
let queries = 0;
let answerAddress = [127, 0, 0, 1];
let dir: string;
let resolver: Resolver;
let files: { hostsFile: string; configFile: string };

const rcodes: Record<string, number> = { nx: 3, servfail: 2, refused: 5 };

function answer(query: Buffer): Buffer | undefined {
  let at = 12;
  const labels: string[] = [];
  while (query[at]) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
    at += query[at]! + 1;
  }
  const kind = query.readUInt16BE(at + 1);
  const label = labels[0]!;
  if (label === "drop") return undefined;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (rcodes[label] ?? (labels.includes("missing") ? 3 : 0)), 2);
  head.writeUInt16BE(1, 4);
  const record = (type: number, data: number[]) => Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 14, 16, 0, data.length, ...data]);
  const records: Buffer[] = [];
  if (kind === 1 && ["a", "both", "mixed"].includes(label)) records.push(record(1, answerAddress));
  if (kind === 1 && label === "mixed") records.push(record(1, [169, 254, 169, 254]));
  if (kind === 28 && ["six", "both"].includes(label)) records.push(record(28, [...Array.from({ length: 15 }, () => 0), 1]));
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, at + 5), ...records]);
}

beforeAll(async () => {
  server = createSocket("udp4");
  server.on("message", (query, from) => {
    queries++;
    const reply = answer(query);
    if (reply) server.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  dir = mkdtempSync(join(tmpdir(), "uptimeping-dns-"));
  files = { hostsFile: join(dir, "hosts"), configFile: join(dir, "resolv.conf") };
  writeFileSync(files.hostsFile, "10.1.2.3 box box.lan # a comment\n::5 box\n");
  writeFileSync(files.configFile, "nameserver 127.0.0.1\nsearch missing.test found.test\noptions ndots:2 timeout:1\n");
  resolver = createResolver({ servers: [`127.0.0.1:${server.address().port}`], ...files });
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const lookup = (name: string, family: IpFamily = "any") => new Promise<string[] | Failure>((resolve) => resolver.lookup(name, family, resolve));

test("addresses of both families come, IPv4 first", async () => {
  expect(await lookup("a.x.test")).toEqual(["127.0.0.1"]);
  expect(await lookup("six.x.test")).toEqual(["::1"]);
  expect(await lookup("both.x.test")).toEqual(["127.0.0.1", "::1"]);
  expect(await lookup("both.x.test", "6")).toEqual(["::1"]);
});

test("every look-up asks anew", async () => {
  const before = queries;
  answerAddress = [127, 0, 0, 2];
  expect(await lookup("a.fresh.test", "4")).toEqual(["127.0.0.2"]);
  answerAddress = [127, 0, 0, 3];
  expect(await lookup("a.fresh.test", "4")).toEqual(["127.0.0.3"]);
  answerAddress = [127, 0, 0, 1];
  expect(queries - before).toBe(2);
});

test("failures tell a missing name from a broken server", async () => {
  expect(await lookup("nx.x.test")).toEqual({ kind: "dns_not_found", message: "name nx.x.test was not found: it does not exist" });
  expect(await lookup("six.x.test", "4")).toEqual({ kind: "dns_not_found", message: "name six.x.test was not found: it has no IPv4 address" });
  expect(await lookup("servfail.x.test")).toEqual({ kind: "dns_failure", message: "name servfail.x.test was not resolved: the dns server answered SERVFAIL" });
  expect(((await lookup("refused.x.test")) as Failure).kind).toBe("dns_failure");
});

test("no server to ask is our own trouble, not the target's", async () => {
  const deaf = createResolver({ servers: ["127.0.0.1:1"], ...files });
  const answer = await new Promise((resolve) => deaf.lookup("a.x.test", "any", resolve));
  expect(answer).toEqual({ kind: "internal", message: "name a.x.test was not resolved: no dns server could be asked (ECONNREFUSED)" });
});

test("hosts file and localhost need no server", async () => {
  const before = queries;
  expect(await lookup("box")).toEqual(["10.1.2.3", "::5"]);
  expect(await lookup("BOX.lan")).toEqual(["10.1.2.3"]);
  expect(await lookup("localhost")).toEqual(["127.0.0.1", "::1"]);
  expect(await lookup("app.localhost.", "4")).toEqual(["127.0.0.1"]);
  expect(await lookup("box.lan", "6")).toMatchObject({ kind: "dns_not_found" });
  expect(queries).toBe(before);
});

test("a short name goes through the search list, a name with a final dot does not", async () => {
  expect(await lookup("a")).toEqual(["127.0.0.1"]);
  expect(await lookup("nx")).toMatchObject({ kind: "dns_not_found", message: "name nx was not found: it does not exist" });
  const before = queries;
  expect(await lookup("a.", "4")).toEqual(["127.0.0.1"]);
  expect(queries - before).toBe(1);
});

test("a cancelled look-up never answers", async () => {
  let answers = 0;
  const pending = resolver.lookup("drop.x.test", "any", () => answers++);
  await lookup("a.x.test");
  pending.cancel();
  await lookup("a.x.test");
  expect(answers).toBe(0);
});

test("both files are read as their manuals say", () => {
  expect(parseHosts("# none\n127.0.0.1\tlocalhost  a b\nnot-an-address x\n::1 a")).toEqual(new Map([["localhost", ["127.0.0.1"]], ["a", ["127.0.0.1", "::1"]], ["b", ["127.0.0.1"]]]));
  expect(parseResolverConfig("search a.b c\nnameserver ::1\nnameserver dns.example\nnameserver fe80::1%eth0\noptions ndots:3")).toEqual({ servers: [{ host: "::1", port: 53 }, { host: "fe80::1%eth0", port: 53 }], domains: ["a.b", "c"], dots: 3 });
  expect(parseResolverConfig("")).toEqual({ servers: [{ host: "127.0.0.1", port: 53 }], domains: [], dots: 1 });
});

test("a check by name connects to what the name says, and a dead server is a timeout at the deadline", async () => {
  await using site = await startFakeSite();
  const run = await tryCheck({ target: { url: `http://a.x.test:${site.port}/` } }, { resolver });
  expect(run.status).toBe("up");
  expect(run.dnsMs).toBeGreaterThan(0);
  expect(site.requests[0]!.headers.host).toBe(`a.x.test:${site.port}`);
  const before = openSockets();
  const dead = await tryCheck({ target: { url: "http://drop.x.test/" }, timeoutMs: 200 }, { resolver });
  expect(dead.error).toEqual({ kind: "dns_timeout", message: "name drop.x.test was not resolved within 200 ms" });
  for (let turn = 0; turn < 100 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});

test("one forbidden address among the addresses of a name closes the gate", async () => {
  const run = await tryCheck({ target: { url: "http://mixed.x.test/" } }, { resolver });
  expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
  expect(run.error?.message).toContain("mixed.x.test resolves to 169.254.169.254");
});

test("a name whose first address refuses is tried at the next", async () => {
  await using site = await startFakeSite({ host: "::1" });
  const run = await tryCheck({ target: { url: `http://both.x.test:${site.port}/` } }, { resolver });
  expect(run.status).toBe("up");
  expect(run.detail().observed.remoteAddress).toBe("::1");
});

describe("with servers of every sort", () => {
  const address = (name: string) => ({ answers: [{ name, type: "A" as const, ttl: 1, data: "192.0.2.1" }] });
  const ask = (servers: number[], name = "a.x.test", family: IpFamily = "4") =>
    new Promise<string[] | Failure>((resolve) => createResolver({ servers: servers.map((port) => `127.0.0.1:${port}`), ...files }).lookup(name, family, resolve));

  test("64 dead names delay no other", async () => {
    const dead = Array.from({ length: 64 }, (_, index) => resolver.lookup(`drop.n${index}.test`, "any", () => {}));
    const begun = performance.now();
    for (let turn = 0; turn < 20; turn++) expect(await lookup("both.x.test")).toEqual(["127.0.0.1", "::1"]);
    expect(performance.now() - begun).toBeLessThan(1_000);
    for (const one of dead) one.cancel();
  });

  test("one that is not there, or cannot say, is passed over at once", async () => {
    await using broken = await startFakeDns({ reply: () => ({ rcode: 2 }) });
    await using good = await startFakeDns({ reply: ({ name }) => address(name) });
    const begun = performance.now();
    expect(await ask([1, broken.port, good.port])).toEqual(["192.0.2.1"]);
    expect(performance.now() - begun).toBeLessThan(900);
    expect(await ask([1, broken.port])).toMatchObject({ kind: "dns_failure" });
  });

  test("one that is silent is passed over after a second, and then sooner", async () => {
    await using silent = await startFakeDns({ reply: () => undefined });
    await using good = await startFakeDns({ reply: ({ name }) => address(name) });
    const patient = createResolver({ servers: [`127.0.0.1:${silent.port}`, `127.0.0.1:${good.port}`], ...files });
    for (let turn = 0; turn < 3; turn++) {
      const begun = performance.now();
      expect(await new Promise<string[] | Failure>((resolve) => patient.lookup("a.x.test", "4", resolve))).toEqual(["192.0.2.1"]);
      if (turn > 0) expect(performance.now() - begun).toBeLessThan(900);
    }
    expect(silent.queries).toHaveLength(3);
  });

  test("one that is silent about some name is still the first to be asked", async () => {
    await using first = await startFakeDns({ reply: ({ name }) => (name.startsWith("dead") ? undefined : address(name)) });
    await using second = await startFakeDns({ reply: () => ({ rcode: 3 }) });
    const both = createResolver({ servers: [`127.0.0.1:${first.port}`, `127.0.0.1:${second.port}`], ...files });
    const find = (name: string) => new Promise<string[] | Failure>((resolve) => both.lookup(name, "4", resolve));
    expect(await find("dead.x.test.")).toMatchObject({ kind: "dns_not_found" });
    expect(await find("a.x.test")).toEqual(["192.0.2.1"]);
  });

  test("one that never answers for the other family delays a name by half a second", async () => {
    await using half = await startFakeDns({ reply: ({ name, type }) => (type === "A" ? address(name) : undefined) });
    const begun = performance.now();
    expect(await ask([half.port], "a.x.test", "any")).toEqual(["192.0.2.1"]);
    expect(performance.now() - begun).toBeGreaterThan(450);
  });

  test("one whose answer does not fit is asked over TCP", async () => {
    await using large = await startFakeDns({ reply: ({ name, via }) => (via === "udp" ? { truncated: true } : address(name)) });
    expect(await ask([large.port])).toEqual(["192.0.2.1"]);
    expect(large.queries.map(({ via }) => via)).toEqual(["udp", "tcp"]);
    await using stuck = await startFakeDns({ reply: () => ({ truncated: true }) });
    expect(await ask([stuck.port])).toMatchObject({ kind: "dns_failure" });
  });

  test("one that sends nonsense is a failure of DNS", async () => {
    await using odd = await startFakeDns({ reply: ({ name }) => ({ ...address(name), spoil: (message) => message.subarray(0, -1) }) });
    expect(await ask([odd.port])).toEqual({ kind: "dns_failure", message: "name a.x.test was not resolved: the dns server answered what cannot be read" });
  });

  test("those of the file are the system's, and a change is seen", () => {
    const configFile = join(dir, "changing.conf");
    writeFileSync(configFile, "nameserver 192.0.2.1\n");
    const changing = createResolver({ configFile });
    expect(changing.servers()).toEqual([{ host: "192.0.2.1", port: 53 }]);
    writeFileSync(configFile, "nameserver 192.0.2.2\nnameserver 192.0.2.3\n");
    utimesSync(configFile, 1, 1);
    expect(changing.servers().map(({ host }) => host)).toEqual(["192.0.2.2", "192.0.2.3"]);
  });
});
