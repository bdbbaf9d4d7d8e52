/**
 * Everything that a target and its name servers do wrong, each with the exact kind that it is to be called by. One by one
 * for kind, time and sockets, then all of them at once beside checks of a good site.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { startBlackHole } from "../../../testing/black_hole.ts";
import { testCertificates } from "../../../testing/certificates.ts";
import { startFakeNameServer, type FakeNameServer, type Zone } from "../../../testing/fake_name_server.ts";
import { startFakeSite, type Behaviour, type FakeSite, type FakeSiteOptions } from "../../../testing/fake_site.ts";
import { openSockets, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import type { ErrorKind } from "../net/failure.ts";
import { createResolver, type Resolver } from "../net/resolver.ts";
import type { RunEnvironment } from "./probe.ts";

interface Misbehaviour {
  name: string;
  /** What the target is: a site with this fault. */
  site: FakeSiteOptions;
  kind: ErrorKind | "up";
  messagePart?: string | RegExp;
  /** Laid over the check of the site's `/page`. */
  check?: (site: FakeSite) => Omit<Partial<TrialCheck>, "target"> & { target?: object };
  environment?: (site: FakeSite) => Partial<RunEnvironment>;
}

const head = "HTTP/1.1 200 OK\r\n";
const raw = (...lines: string[]): Behaviour => ({ fault: "raw", raw: head + lines.join("\r\n") });
const encoded = (encoding: string, body: Uint8Array): Behaviour => ({ headers: { "Content-Encoding": encoding }, body });
const zeros = Buffer.alloc(50_000_000);
const page = "a page ".repeat(1_000);
const redirect = (location: string): Behaviour => ({ respond: ({ path }) => (path === "/page" ? { status: 302, headers: { Location: location }, body: "" } : {}) });
const to = (target: (site: FakeSite) => object) => (site: FakeSite) => ({ target: target(site) });
const byName = (name: string) => to((site) => ({ url: `http://${name}:${site.port}/page` }));
const overTls = (tls: object) => to(() => ({ tls: { caPem: testCertificates().caPem, ...tls } }));
const trusting = overTls({});
/** An empty SETTINGS frame, and GOAWAY with PROTOCOL_ERROR: how an HTTP/2 server begins, and what it says to HTTP/1.1. */
const http2 = "\0\0\0\x04\0\0\0\0\0" + "\0\0\x08\x07\0\0\0\0\0" + "\0\0\0\0\0\0\0\x01";
/** A public address that a rule opens, so that its refusal by the kernel and not the gate's is met. No packet leaves for it. */
const broadcast = "127.255.255.255";

const zone: Zone = {
  "nodata.test": {},
  "servfail.test": { rcode: "SERVFAIL" },
  "refused.test": { rcode: "REFUSED" },
  "silent.test": { fault: "silent" },
  "garbage.test": { fault: "garbage" },
  "cut.test": { a: ["127.0.0.1"], fault: "cut" },
  "spoofed.test": { a: ["127.0.0.1"], fault: "wrong_id" },
  "truncated.test": { a: ["127.0.0.1"], fault: "truncated" },
  "mixed.test": { a: ["127.0.0.1", "169.254.169.254"] },
  "metadata.test": { a: ["169.254.169.254"] },
  "metadata6.test": { aaaa: ["fd00:ec2::254"] },
  "alias.test": { cname: "metadata.test" },
  "circle.test": { cname: "circle.test" },
  "six.test": { aaaa: ["::1"] },
  "four.test": { a: ["127.0.0.1"] },
  "dead.test": { a: ["127.0.0.1", "127.0.0.2"] },
};

const table: Misbehaviour[] = [
  // The connection.
  { name: "refuses", site: { fault: "refuse" }, kind: "connect_refused", messagePart: "connection refused" },
  { name: "is unreachable", site: {}, kind: "connect_unreachable", messagePart: "network unreachable", check: to(() => ({ url: `http://${broadcast}/` })) },
  { name: "refuses at every address of its name", site: { fault: "refuse" }, kind: "connect_refused", messagePart: "connect to 127.0.0.1:", check: byName("dead.test") },
  { name: "resets at once", site: { fault: "reset_on_accept" }, kind: "connection_reset", messagePart: /connection (reset by the target|closed before an answer)/ },
  { name: "closes at once", site: { fault: "close_on_accept" }, kind: "connection_reset", messagePart: "closed before an answer" },
  { name: "accepts and never answers", site: { fault: "silent" }, kind: "response_timeout", messagePart: "no answer within" },
  { name: "answers too late", site: { firstByteDelayMs: 20_000 }, kind: "response_timeout", messagePart: "no answer within" },
  { name: "answers 503", site: { status: 503 }, kind: "http_status", messagePart: /^status 503, expected 200-299$/ },
  { name: "answers 404", site: { status: 404 }, kind: "http_status", messagePart: /^status 404, expected 200-299$/ },
  // The head.
  { name: "drips its head", site: { fault: "slow_head" }, kind: "response_timeout", messagePart: "head was not complete" },
  { name: "resets in its head", site: { fault: "reset_mid_head" }, kind: "connection_reset", messagePart: "reset by the target" },
  { name: "closes in its head", site: { fault: "raw", raw: `${head}X-Some: he` }, kind: "connection_reset", messagePart: "middle of the response head" },
  { name: "never ends its head", site: { fault: "endless_head" }, kind: "http_too_large", messagePart: "head is larger" },
  { name: "has ten thousand headers", site: raw("X-Many: 1\r\n".repeat(10_000), ""), kind: "http_too_large", messagePart: "head is larger" },
  { name: "has one huge header", site: raw(`X-Huge: ${"x".repeat(100_000)}`, "", ""), kind: "http_too_large", messagePart: "head is larger" },
  { name: "never stops announcing", site: { fault: "endless_interim" }, kind: "http_too_large", messagePart: "head is larger" },
  { name: "speaks SSH", site: { fault: "greet", raw: "SSH-2.0-OpenSSH_9.2\r\n" }, kind: "http_malformed", messagePart: 'begins with "SSH-2.0' },
  { name: "speaks binary", site: { fault: "interrupt", raw: "\0\x15\x03\x01\xff\xff" }, kind: "http_malformed", messagePart: "not HTTP/1.1" },
  { name: "speaks HTTP/0.9", site: { fault: "raw", raw: "<html>hello</html>" }, kind: "http_malformed", messagePart: 'begins with "<html>' },
  { name: "speaks HTTP/2 only", site: { fault: "interrupt", raw: http2 }, kind: "http_malformed", messagePart: "the server speaks HTTP/2 only", check: to(() => ({ httpVersion: "1.1" })) },
  { name: "has a status of five digits", site: { fault: "raw", raw: "HTTP/1.1 99999 Odd\r\n\r\n" }, kind: "http_malformed", messagePart: "status line" },
  { name: "has no status", site: { fault: "raw", raw: "HTTP/1.1 \r\n\r\n" }, kind: "http_malformed", messagePart: "status line" },
  { name: "is of a later HTTP/1", site: { fault: "raw", raw: "HTTP/1.9 200 OK\r\n\r\n" }, kind: "http_malformed", messagePart: "status line" },
  { name: "has two different lengths", site: raw("Content-Length: 5", "Content-Length: 7", "", "hello"), kind: "http_malformed", messagePart: "two different" },
  { name: "has a negative length", site: raw("Content-Length: -5", "", "hello"), kind: "http_malformed", messagePart: 'Content-Length "-5"' },
  { name: "has a length that is no number", site: raw("Content-Length: 0x5", "", "hello"), kind: "http_malformed", messagePart: 'Content-Length "0x5"' },
  { name: "has a length and chunks", site: raw("Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "", ""), kind: "http_malformed", messagePart: "both Content-Length and Transfer-Encoding" },
  { name: "has a hidden transfer encoding", site: raw("Transfer-Encoding: xchunked", "", "0", "", ""), kind: "http_malformed", messagePart: "Transfer-Encoding" },
  { name: "has a space before a colon", site: raw("Content-Length : 5", "", "hello"), kind: "http_malformed", messagePart: "header line" },
  { name: "folds a header", site: raw("X: a", " b", "", ""), kind: "http_malformed", messagePart: "folded" },
  { name: "has a NUL in its head", site: raw("X: a\0b", "", ""), kind: "http_malformed", messagePart: "control character (0)" },
  { name: "has a bare CR in its head", site: raw("X: a\rb", "", ""), kind: "http_malformed", messagePart: "control character (13)" },
  // The body.
  { name: "drips its body", site: { fault: "drip_body" }, kind: "response_timeout", messagePart: "body was not complete" },
  { name: "never ends its body", site: { fault: "endless_body" }, kind: "http_too_large", messagePart: "more than 10485760 body bytes" },
  { name: "announces too much", site: raw("Content-Length: 10485761", "", ""), kind: "http_too_large", messagePart: "a body of 10485761 bytes" },
  { name: "is longer than maxBytes", site: { body: "x".repeat(2_000) }, kind: "http_too_large", messagePart: "at most 1000 are read", check: to(() => ({ maxBytes: 1_000 })) },
  { name: "streams events for ever", site: { fault: "event_stream" }, kind: "response_timeout", messagePart: "body was not complete" },
  { name: "gives no length and stays", site: { fault: "no_length" }, kind: "response_timeout", messagePart: "10 bytes so far" },
  { name: "resets in its body", site: { fault: "reset_mid_body" }, kind: "connection_reset", messagePart: "reset by the target" },
  { name: "closes in its body", site: { fault: "close_mid_body" }, kind: "connection_reset", messagePart: "after 10 of 1000 body bytes" },
  { name: "loses its last chunk", site: raw("Transfer-Encoding: chunked", "", "3", "abc", ""), kind: "connection_reset", messagePart: "before the last chunk" },
  { name: "has a chunk size that is none", site: raw("Transfer-Encoding: chunked", "", "ZZ", ""), kind: "http_malformed", messagePart: "a chunk size" },
  { name: "has a chunk longer than its size", site: raw("Transfer-Encoding: chunked", "", "3", "abcdef", "0", "", ""), kind: "http_malformed", messagePart: "longer than its size" },
  { name: "has a chunk size that overflows", site: raw("Transfer-Encoding: chunked", "", "FFFFFFFFFFFFFFFFFF", ""), kind: "http_malformed", messagePart: "more than 12 digits" },
  { name: "never ends a chunk size", site: raw("Transfer-Encoding: chunked", "", `1;${"x".repeat(2_000_000)}`), kind: "http_too_large", messagePart: "body bytes" },
  { name: "sends more than its length", site: raw("Content-Length: 2", "", "hello"), kind: "up" },
  { name: "sends a body with 204", site: { fault: "raw", raw: "HTTP/1.1 204 No Content\r\n\r\nhello" }, kind: "up" },
  { name: "sends a body in answer to HEAD", site: { body: "hello" }, kind: "up", check: to(() => ({ method: "HEAD" })) },
  { name: "sends a gzip bomb", site: encoded("gzip", gzipSync(zeros)), kind: "http_too_large", messagePart: "gzip body of" },
  { name: "sends a brotli bomb", site: encoded("br", brotliCompressSync(zeros)), kind: "http_too_large", messagePart: "br body of" },
  { name: "sends a zstd bomb", site: encoded("zstd", zstdCompressSync(zeros)), kind: "http_too_large", messagePart: "zstd body of" },
  { name: "hides a bomb in another encoding", site: encoded("gzip, br", brotliCompressSync(gzipSync(zeros))), kind: "http_too_large", messagePart: "unfolds to more than" },
  { name: "stacks four encodings", site: encoded("gzip, gzip, gzip, gzip", gzipSync(page)), kind: "http_malformed", messagePart: "4 content encodings" },
  { name: "sends gzip that is none", site: { fault: "bad_gzip" }, kind: "http_malformed", messagePart: "not gzip" },
  { name: "sends half of its gzip", site: encoded("gzip", gzipSync(page).subarray(0, 40)), kind: "http_malformed", messagePart: "not gzip" },
  // Redirects.
  { name: "redirects to itself", site: { fault: "redirect_loop" }, kind: "http_redirect_loop", messagePart: "more than 5 redirects" },
  { name: "redirects for ever", site: { fault: "endless_redirects" }, kind: "http_redirect_loop", messagePart: /more than 5 redirects.*hop\d/ },
  { name: "redirects to metadata", site: redirect("http://169.254.169.254/latest/"), kind: "target_forbidden", messagePart: "169.254.169.254" },
  { name: "redirects to metadata in decimal", site: redirect("http://2852039166/latest/"), kind: "target_forbidden", messagePart: "169.254.169.254" },
  { name: "redirects to a name of metadata", site: redirect("http://metadata.test/latest/"), kind: "target_forbidden", messagePart: "metadata.test resolves to 169.254.169.254" },
  { name: "redirects to a file", site: redirect("file:///etc/passwd"), kind: "http_status", messagePart: "status 302" },
  { name: "redirects to gopher", site: redirect("gopher://127.0.0.1/"), kind: "http_status", messagePart: "status 302" },
  { name: "redirects to nowhere", site: redirect("http://[::1"), kind: "http_status", messagePart: "status 302" },
  { name: "redirects from https to http", site: { tls: "good", ...redirect("http://localhost/") }, kind: "http_status", messagePart: "status 302", check: trusting },
  // TLS.
  { name: "has an expired certificate", site: { tls: "expired" }, kind: "tls_expired", messagePart: "has expired", check: trusting },
  { name: "has a certificate of tomorrow", site: { tls: "not_yet_valid" }, kind: "tls_not_yet_valid", messagePart: "not valid yet", check: trusting },
  { name: "has a certificate of another host", site: { tls: "wrong_host" }, kind: "tls_host_mismatch", messagePart: "not for localhost", check: trusting },
  { name: "has signed its certificate itself", site: { tls: "self_signed" }, kind: "tls_untrusted", messagePart: "DEPTH_ZERO_SELF_SIGNED_CERT", check: trusting },
  { name: "has a certificate of an unknown authority", site: { tls: "good" }, kind: "tls_untrusted", messagePart: "not trusted" },
  { name: "speaks old TLS only", site: { tls: "good", maxTlsVersion: "TLSv1.1" }, kind: "tls_handshake", messagePart: "PROTOCOL_VERSION", check: trusting },
  { name: "is older than minVersion", site: { tls: "good", maxTlsVersion: "TLSv1.2" }, kind: "tls_handshake", messagePart: "PROTOCOL_VERSION", check: overTls({ minVersion: "1.3" }) },
  { name: "never ends its handshake", site: { tls: "good", tlsDelayMs: 20_000 }, kind: "tls_handshake", messagePart: "not done within", check: trusting },
  { name: "closes in the handshake", site: { fault: "interrupt" }, kind: "tls_handshake", messagePart: "handshake failed", check: to((site) => ({ url: `https://127.0.0.1:${site.port}/` })) },
  { name: "answers TLS in plain text", site: { fault: "interrupt", raw: "HTTP/1.1 400 Bad Request\r\n\r\n" }, kind: "tls_handshake", messagePart: "WRONG_VERSION_NUMBER", check: to((site) => ({ url: `https://127.0.0.1:${site.port}/` })) },
  { name: "wants a client certificate", site: { tls: "good", asksForClientCertificate: true }, kind: "tls_handshake", messagePart: "CERTIFICATE_REQUIRED", check: trusting },
  { name: "speaks HTTP/2 only under TLS", site: { tls: "good", protocols: ["h2"], fault: "interrupt", raw: http2 }, kind: "tls_handshake", messagePart: "NO_APPLICATION_PROTOCOL", check: to((site) => ({ httpVersion: "1.1", tls: { caPem: site.caPem } })) },
  // Names.
  { name: "has a name that does not exist", site: {}, kind: "dns_not_found", messagePart: "name nx.test was not found", check: byName("nx.test") },
  { name: "has a name without addresses", site: {}, kind: "dns_not_found", messagePart: "it has no address", check: byName("nodata.test") },
  { name: "has a broken name server", site: {}, kind: "dns_failure", messagePart: "SERVFAIL", check: byName("servfail.test") },
  { name: "has a name server that refuses", site: {}, kind: "dns_failure", messagePart: "REFUSED", check: byName("refused.test") },
  { name: "has a name server that is silent", site: {}, kind: "dns_timeout", messagePart: "was not resolved within", check: byName("silent.test") },
  { name: "has a name server that speaks garbage", site: {}, kind: "dns_timeout", messagePart: "garbage.test was not resolved", check: byName("garbage.test") },
  { name: "has a name server that sends half an answer", site: {}, kind: "dns_timeout", messagePart: "cut.test was not resolved", check: byName("cut.test") },
  { name: "has an answer that somebody else made", site: {}, kind: "dns_timeout", messagePart: "was not resolved within", check: byName("spoofed.test") },
  { name: "has an answer that does not fit", site: {}, kind: "up", check: byName("truncated.test") },
  { name: "has a name that is its own alias", site: {}, kind: "dns_not_found", messagePart: "circle.test", check: byName("circle.test") },
  { name: "has a public and a forbidden address", site: {}, kind: "target_forbidden", messagePart: "mixed.test resolves to 169.254.169.254", check: byName("mixed.test") },
  { name: "has a forbidden IPv6 address only", site: {}, kind: "target_forbidden", messagePart: "fd00:ec2::254", check: byName("metadata6.test") },
  { name: "is an alias of a forbidden name", site: {}, kind: "target_forbidden", messagePart: "alias.test resolves to 169.254.169.254", check: byName("alias.test") },
  { name: "is rebound between two attempts", site: { status: 503 }, kind: "target_forbidden", messagePart: "rebound.test resolves to 169.254.169.254", check: (site) => ({ ...byName("rebound.test")(site), retries: 1 }), environment: () => rebinding() },
  { name: "is there by IPv6 only", site: { host: "::1" }, kind: "up", check: byName("six.test") },
  { name: "is there by IPv6 only, and asked by IPv4", site: { host: "::1" }, kind: "dns_not_found", messagePart: "no IPv4 address", check: to((site) => ({ url: `http://six.test:${site.port}/`, ipFamily: "4" })) },
  { name: "is UptimePing itself", site: {}, kind: "target_forbidden", messagePart: "own listeners", environment: (site) => ({ egress: { allow: ["0.0.0.0/0"], deny: [], own: [`127.0.0.1:${site.port}`] } }) },
];

const unknownKinds = new Set<string>(["internal", "config_invalid", "target_forbidden"]);

let names: FakeNameServer;
let resolver: Resolver;
beforeAll(async () => {
  names = await startFakeNameServer(zone);
  // Neither the hosts file nor the search list of this machine has a say.
  resolver = createResolver({ servers: [names.address], hostsFile: "/dev/null", configFile: "/dev/null" });
});
afterAll(() => names[Symbol.asyncDispose]());

/** The name is loopback when it is first resolved, and metadata ever after. */
function rebinding(): Partial<RunEnvironment> {
  let resolved = 0;
  return {
    resolver: {
      ...resolver,
      lookup(name, family, onAnswer) {
        names.zone[name] = resolved++ === 0 ? { a: ["127.0.0.1"] } : { a: ["169.254.169.254"] };
        return resolver.lookup(name, family, onAnswer);
      },
    },
  };
}

function trial({ check, environment }: Misbehaviour, site: FakeSite, timeoutMs: number) {
  const { target, ...rest } = check?.(site) ?? {};
  return tryCheck({ target: { url: `${site.url}/page`, ...target }, timeoutMs, ...rest }, { resolver, ...environment?.(site) });
}

/** Sockets of runtime and resolver close a turn or two after the outcome. */
async function socketsReturnTo(most: number): Promise<void> {
  for (let turn = 0; turn < 2_000 && openSockets() > most; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(most);
}

describe("a target that", () => {
  const timeoutMs = 400;
  const marginMs = 300;
  for (const one of table) {
    const { name, site: options, kind, messagePart = "" } = one;
    test(`${name}: ${kind}`, async () => {
      const before = openSockets();
      {
        await using site = await startFakeSite(options);
        const startedAt = performance.now();
        const run = await trial(one, site, timeoutMs);
        expect(performance.now() - startedAt).toBeLessThan(timeoutMs + marginMs);
        expect(run.error?.kind ?? (run.status as string)).toBe(kind);
        expect(run.error?.message ?? "").toMatch(messagePart);
        if (kind !== "up") expect(run.status).toBe(unknownKinds.has(kind) ? "unknown" : "down");
      }
      await socketsReturnTo(before);
    });
  }
  test("drops the connection request: connect_timeout", async () => {
    using hole = startBlackHole();
    const before = openSockets();
    const run = await tryCheck({ target: { url: `http://127.0.0.1:${hole.port}/` }, timeoutMs });
    expect(run.error).toEqual({ kind: "connect_timeout", message: `connect to 127.0.0.1:${hole.port} failed: no answer within 400 ms` });
    expect(openSockets()).toBe(before);
  });
});

test("all of them at once harm none of two hundred checks of a good site, and everything is given back", async () => {
  expect(table.length).toBeGreaterThan(45);
  await using good = await startFakeSite();
  const sites = await Promise.all(table.map(({ site }) => startFakeSite(site)));
  const before = openSockets();
  const storm = async () => {
    const bad = table.map((one, index) => trial(one, sites[index]!, 4_000));
    const healthy = Array.from({ length: 200 }, () => tryCheck({ target: { url: good.url }, timeoutMs: 10_000 }));
    const kinds = (await Promise.all(bad)).map((run) => run.error?.kind ?? run.status);
    expect(kinds.map((kind, index) => `${table[index]!.name}: ${kind}`)).toEqual(table.map(({ name, kind }) => `${name}: ${kind}`));
    const runs = await Promise.all(healthy);
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "up"));
    return Math.max(...runs.map(({ latencyMs }) => latencyMs));
  };
  const memory = () => {
    Bun.gc(true);
    return process.memoryUsage().rss;
  };
  await storm();
  const atFirst = memory();
  expect(await storm()).toBeLessThan(5_000);
  expect(memory() - atFirst).toBeLessThan(150_000_000);
  await Promise.all(sites.map((site) => site.close()));
  await socketsReturnTo(before);
}, 60_000);

