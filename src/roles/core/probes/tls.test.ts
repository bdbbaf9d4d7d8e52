import { afterAll, describe, expect, test } from "bun:test";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { systemClock } from "#kernel/clock";
import { testCertificates, testChains, type Certificate, type ChainName } from "../../../testing/certificates.ts";
import { checkOf, openEnvironment, tryCheck } from "../../../testing/run_check.ts";
import { prepareCheck, runCheck, type Run } from "../run.ts";

const { caPem, chains } = testChains();
const { caPem: leafCaPem, leaves } = testCertificates();
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function serve({ certPem, keyPem }: Certificate, options: TlsOptions = {}): Promise<{ port: number; server: Server }> {
  const server = createServer({ cert: certPem, key: keyPem, ...options }, (socket) => void socket.on("error", () => {}));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

interface Trial {
  tls?: object;
  target?: object;
  assertions?: { source: string; op: string; value?: unknown; severity?: string }[];
}

const tryTls = (port: number, { tls, target, assertions }: Trial = {}) => tryCheck({ type: "tls", target: { host: "localhost", port, resolve: "127.0.0.1", tls: { caPem, ...tls }, ...target }, assertions, timeoutMs: 5_000 });

interface Shown {
  daysLeft: number;
  chainDaysLeft: number;
  verification?: string;
  chain: { subject: string; daysLeft: number; problem?: string; [fact: string]: unknown }[];
}

const shownIn = (run: Run) => run.detail().observed.certificate as unknown as Shown;
const problemsIn = (run: Run) => shownIn(run).chain.map(({ subject, problem }) => (problem === undefined ? subject : `${subject} ${problem}`));

describe("a good chain", () => {
  test("is up, and every certificate of it is shown", async () => {
    const run = await tryTls((await serve(chains.complete)).port);
    expect(run).toMatchObject({ status: "up", error: undefined });
    expect(run.tlsMs).toBeGreaterThan(0);
    const { chain, verification } = shownIn(run);
    expect(verification).toBeUndefined();
    expect(chain.map(({ subject }) => subject)).toEqual(["CN=localhost", "CN=middle", "CN=root"]);
    expect(chain[0]).toEqual({
      subject: "CN=localhost",
      issuer: "CN=middle",
      subjectAltNames: ["localhost", "*.localhost", "127.0.0.1", "::1"],
      notBefore: "2020-01-01T00:00:00.000Z",
      notAfter: "2049-12-31T23:59:59.000Z",
      daysLeft: expect.any(Number) as number,
      keyType: "EC prime256v1",
      keyBits: 256,
      signatureAlgorithm: "ecdsa-with-SHA256",
      serialNumber: expect.stringMatching(/^[0-9A-F]+$/) as string,
      fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) as string,
    });
    expect(run.detail().observed.tls).toEqual({ version: "TLSv1.3", cipher: expect.any(String) as string });
  });
  test("with its root is up too", async () => {
    expect(problemsIn(await tryTls((await serve(chains.with_root)).port))).toEqual(["CN=localhost", "CN=middle", "CN=root"]);
  });
  test("with an RSA key says its size", async () => {
    const run = await tryTls((await serve(chains.rsa)).port);
    expect(run.status).toBe("up");
    expect(shownIn(run).chain[0]).toMatchObject({ keyType: "RSA", keyBits: 2048 });
  });
  test("sent in the wrong order is up where it can be verified, and the order is shown", async () => {
    const run = await tryTls((await serve(chains.wrong_order)).port);
    expect(run.status).toBe("up");
    expect(problemsIn(run)).toEqual(["CN=localhost", "CN=root", "CN=middle was sent as number 3, and belongs at number 2"]);
  });
});

describe("a chain that cannot be trusted names its kind and the certificate", () => {
  const table: [ChainName, string, string, string[]][] = [
    ["missing_intermediate", "tls_untrusted", "tls failed: the certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): CN=localhost was signed by CN=middle, which was neither sent nor is trusted", ["CN=localhost was signed by CN=middle, which was neither sent nor is trusted"]],
    ["expired_intermediate", "tls_expired", "tls failed: the certificate has expired (CERT_HAS_EXPIRED): CN=middle has expired", ["CN=localhost", "CN=middle has expired", "CN=root"]],
    ["powerless_intermediate", "tls_untrusted", "tls failed: the certificate is not trusted (INVALID_PURPOSE): CN=middle is not allowed to sign other certificates", ["CN=localhost", "CN=middle is not allowed to sign other certificates", "CN=root"]],
    ["foreign_intermediate", "tls_untrusted", "tls failed: the certificate is not trusted (UNABLE_TO_GET_ISSUER_CERT_LOCALLY): CN=middle was not signed by the CN=root that was sent", ["CN=localhost", "CN=middle was not signed by the CN=root that was sent", "CN=root"]],
  ];
  for (const [name, kind, message, problems] of table) {
    test(name.replaceAll("_", " "), async () => {
      const { port } = await serve(chains[name]);
      const run = await tryTls(port);
      expect(run.error as unknown).toEqual({ kind, message });
      expect(run.status).toBe("down");
      expect(problemsIn(run)).toEqual(problems);
    });
  }
});

describe("a leaf that is wrong", () => {
  const table = [
    ["expired", "tls_expired", "CN=localhost has expired"],
    ["not_yet_valid", "tls_not_yet_valid", "CN=localhost is not valid yet"],
    ["wrong_host", "tls_host_mismatch", "CN=other.test is not for localhost"],
    ["self_signed", "tls_untrusted", "CN=localhost is not signed by anyone else, and not trusted"],
  ] as const;
  for (const [name, kind, problem] of table) {
    test(`${name.replaceAll("_", " ")}: the kind, and the certificate with its reason`, async () => {
      const { port } = await serve(leaves[name]);
      const run = await tryTls(port, { tls: { caPem: leafCaPem } });
      expect(run).toMatchObject({ status: "down", error: { kind } });
      expect(problemsIn(run)[0]).toBe(problem);
      const unverified = await tryTls(port, { tls: { caPem: leafCaPem, skipVerify: true }, assertions: [{ source: "certificate_days", op: "gte", value: -100_000 }] });
      expect(unverified).toMatchObject({ status: "up", error: undefined });
      expect(problemsIn(unverified)[0]).toBe(problem);
      expect(shownIn(unverified).verification).toBeDefined();
    });
  }
  test("expired and not verified is degraded, because it ends within 14 days", async () => {
    const run = await tryTls((await serve(leaves.expired)).port, { tls: { caPem: leafCaPem, skipVerify: true } });
    expect(run.status).toBe("degraded");
    expect(run.error?.message).toMatch(/^certificate days left -\d+, expected at least 14$/);
  });
});

describe("the end of a certificate", () => {
  test("that comes within 14 days is degraded", async () => {
    const run = await tryTls((await serve(chains.leaf_ends_soon)).port);
    expect(run).toMatchObject({ status: "degraded", error: { kind: "assertion_failed", message: "certificate days left 9, expected at least 14" } });
  });
  test("of an intermediate counts as well", async () => {
    const run = await tryTls((await serve(chains.intermediate_ends_soon)).port);
    expect(run).toMatchObject({ status: "degraded", error: { message: "chain days left 9, expected at least 14" } });
  });
  test("is judged by the person's own assertion on either alone", async () => {
    const { port } = await serve(chains.leaf_ends_soon);
    for (const source of ["certificate_days", "chain_days"]) {
      expect((await tryTls(port, { assertions: [{ source, op: "gte", value: 7 }] })).status).toBe("up");
      expect((await tryTls(port, { assertions: [{ source, op: "gte", value: 21 }] })).status).toBe("down");
    }
  });
});

describe("assertions", () => {
  const outcome = async (port: number, source: string, op: string, value?: unknown) => {
    const run = await tryTls(port, { assertions: [{ source, op, value }] });
    return run.error?.message ?? run.status;
  };
  test("on names compare them as a set, whole name by whole name", async () => {
    const { port } = await serve(chains.complete);
    expect(await outcome(port, "subject_alt_names", "contains", "*.localhost")).toBe("up");
    expect(await outcome(port, "subject_alt_names", "contains", "::1")).toBe("up");
    expect(await outcome(port, "subject_alt_names", "contains", "local")).toBe('subject alt names does not contain "local"');
    expect(await outcome(port, "subject_alt_names", "not_contains", "local")).toBe("up");
    expect(await outcome(port, "subject_alt_names", "eq", ["::1", "127.0.0.1", "*.localhost", "localhost"])).toBe("up");
    expect(await outcome(port, "subject_alt_names", "eq", ["localhost"])).toStartWith("subject alt names: unexpected ");
    expect(await outcome(port, "subject_alt_names", "ne", ["localhost"])).toBe("up");
    expect(await outcome(port, "subject_alt_names", "matches", "\\*\\.local")).toBe("up");
  });
  test("on issuer, version, cipher and the phases", async () => {
    const { port } = await serve(chains.complete);
    expect(await outcome(port, "issuer", "eq", "CN=middle")).toBe("up");
    expect(await outcome(port, "issuer", "contains", "Let's Encrypt")).toBe(`issuer does not contain "Let's Encrypt"`);
    expect(await outcome(port, "tls_version", "eq", "1.3")).toBe("up");
    expect(await outcome(port, "tls_version", "gte", 1.2)).toBe("up");
    expect(await outcome(port, "tls_version", "in", ["1.0", "1.1"])).toBe('tls version "1.3", expected one of "1.0", "1.1"');
    expect(await outcome(port, "cipher", "matches", "^TLS_AES|^TLS_CHACHA")).toBe("up");
    expect(await outcome(port, "latency", "lt", 5_000)).toBe("up");
  });
});

describe("a session", () => {
  test("of an old version fails, and is shown where it is allowed", async () => {
    const { port } = await serve(chains.complete, { minVersion: "TLSv1", maxVersion: "TLSv1" });
    const refused = await tryTls(port);
    expect(refused.error?.kind).toBe("tls_handshake");
    const allowed = await tryTls(port, { tls: { minVersion: "1.0" }, assertions: [{ source: "tls_version", op: "gte", value: 1.2 }] });
    expect(allowed.error).toEqual({ kind: "assertion_failed", message: 'tls version "1.0", expected at least 1.2' });
  });
  test("speaks the protocol that the server chose of those offered", async () => {
    const { port } = await serve(chains.complete, { ALPNProtocols: ["h2", "http/1.1"] });
    const run = await tryTls(port, { target: { protocols: ["h2", "http/1.1"] } });
    expect(run.detail().observed.tls).toMatchObject({ protocol: "h2" });
    expect((await tryTls(port)).detail().observed.tls).not.toHaveProperty("protocol");
  });
  test("that never comes about is a failed handshake, within the deadline", async () => {
    const plain = (await import("node:net")).createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as AddressInfo;
    const run = await tryCheck({ type: "tls", target: { host: "localhost", port, resolve: "127.0.0.1" }, timeoutMs: 200 });
    expect(run.error).toEqual({ kind: "tls_handshake", message: "tls handshake failed: not done within 200 ms" });
    expect(run.detail().observed).not.toHaveProperty("certificate");
    plain.close();
  });
});

describe("one check, run again and again", () => {
  test("shows a new intermediate although the leaf is the same, and no certificate of a run before", async () => {
    const { port, server } = await serve(chains.complete);
    const prepared = prepareCheck(checkOf({ type: "tls", target: { host: "localhost", port, resolve: "127.0.0.1", tls: { caPem } } }));
    const notAfter = (run: Run) => shownIn(run).chain[1]!["notAfter"];
    expect(notAfter(await runCheck(prepared, openEnvironment))).toBe("2049-12-31T23:59:59.000Z");
    server.setSecureContext({ cert: chains.renewed_intermediate.certPem, key: chains.renewed_intermediate.keyPem });
    expect(notAfter(await runCheck(prepared, openEnvironment))).toBe("2048-01-01T00:00:00.000Z");
    await new Promise((resolve) => server.close(resolve));
    const run = await runCheck(prepared, openEnvironment);
    expect(run.error?.kind).toBe("connect_refused");
    expect(run.detail().observed).not.toHaveProperty("certificate");
  });
});

test("a check of another kind looks at the chain of a known leaf again after ten minutes, or at once when the verification changes", async () => {
  const { port, server } = await serve(chains.complete);
  const prepared = prepareCheck(checkOf({ type: "tcp", target: { host: "localhost", port, resolve: "127.0.0.1", tls: { caPem } } }));
  const middleAfter = async (minutes: number) => shownIn(await runCheck(prepared, { ...openEnvironment, clock: { ...systemClock, now: () => Date.now() + minutes * 60_000 } })).chain[1]!["notAfter"];
  const turnTo = (name: ChainName) => server.setSecureContext({ cert: chains[name].certPem, key: chains[name].keyPem });
  expect(await middleAfter(0)).toBe("2049-12-31T23:59:59.000Z");
  turnTo("renewed_intermediate");
  expect(await middleAfter(5)).toBe("2049-12-31T23:59:59.000Z");
  expect(await middleAfter(11)).toBe("2048-01-01T00:00:00.000Z");
  turnTo("expired_intermediate");
  expect(await middleAfter(12)).toBe("2021-01-01T00:00:00.000Z");
});

test("the gate is passed like by every target", async () => {
  const run = await tryCheck({ type: "tls", target: { host: "169.254.169.254" } });
  expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
});
