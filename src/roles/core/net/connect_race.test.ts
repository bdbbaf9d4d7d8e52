import { describe, expect, test } from "bun:test";
import { startBlackHole } from "../../../testing/black_hole.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { socketsNow, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { alternating } from "./connect_race.ts";
import type { Resolver } from "./resolver.ts";

const resolvesTo = (...addresses: string[]): Resolver => ({
  lookup(_name, _family, onAnswer) {
    queueMicrotask(() => onAnswer(addresses));
    return { cancel: () => {} };
  },
  servers: () => [],
});

async function tryName(port: number, addresses: string[], rest: Partial<TrialCheck> = {}) {
  const before = socketsNow();
  const run = await tryCheck({ target: { url: `http://site.test:${port}/` }, timeoutMs: 5_000, ...rest }, { resolver: resolvesTo(...addresses) });
  return { run, observed: run.detail().observed, leaked: socketsNow().difference(before) };
}

describe("a name with several addresses", () => {
  test("whose first is a black hole is up after a quarter of a second, and says so", async () => {
    using hole = startBlackHole();
    await using site = await startFakeSite({ host: "127.0.0.2", port: hole.port });
    const { run, observed } = await tryName(hole.port, ["127.0.0.1", "127.0.0.2"]);
    expect(run).toMatchObject({ status: "up", code: 200 });
    expect(run.connectMs).toBeGreaterThanOrEqual(245);
    expect(run.latencyMs).toBeLessThan(2_500);
    expect(run.latencyMs).toBeGreaterThanOrEqual(run.connectMs);
    const [dead, used] = observed.connects as { address: string; ms: number; outcome: string }[];
    expect([observed.remoteAddress, dead!.address, dead!.outcome, used!.address, used!.outcome]).toEqual(["127.0.0.2", "127.0.0.1", "no answer", "127.0.0.2", "connected"]);
    expect(used!.ms).toBeLessThan(run.connectMs - 200);
    expect(observed.connectRttUs).toBeGreaterThan(0);
    expect(site.connections).toBe(1);
  });

  test("whose first refuses is tried at the next at once", async () => {
    await using site = await startFakeSite({ host: "127.0.0.2" });
    const { run, observed } = await tryName(site.port, ["127.0.0.1", "::1", "127.0.0.2"]);
    expect(run.status).toBe("up");
    expect((observed.connects as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(["connection refused", "connection refused", "connected"]);
    expect((observed.connects as { ms: number }[]).every(({ ms }) => ms < 240)).toBe(true);
  });

  test("whose first connects is asked at no other address, however slow its answer", async () => {
    await using site = await startFakeSite({ firstByteDelayMs: 600 });
    await using other = await startFakeSite({ host: "127.0.0.2", port: site.port });
    const { run, observed } = await tryName(site.port, ["127.0.0.1", "127.0.0.2"]);
    expect([run.status, observed.remoteAddress]).toEqual(["up", "127.0.0.1"]);
    expect(observed.connects).toBeUndefined();
    expect(other.connections).toBe(0);
  });

  test("of which none answers is down for the first one's reason, at the deadline at the latest, and leaves no socket", async () => {
    using hole = startBlackHole();
    const dead = await tryName(hole.port, ["127.0.0.1", "127.0.0.3"], { timeoutMs: 600 });
    expect(dead.run.error).toEqual({ kind: "connect_timeout", message: `connect to 127.0.0.1:${hole.port} failed: no answer within 600 ms` });
    expect((dead.observed.connects as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(["no answer", "connection refused"]);
    expect(dead.leaked).toEqual(new Set());
    const refused = await tryName(1, ["127.0.0.3", "127.0.0.2"]);
    expect(refused.run.error).toEqual({ kind: "connect_refused", message: "connect to 127.0.0.3:1 failed: connection refused" });
    expect(refused.leaked).toEqual(new Set());
  });

  test("speaks TLS on the connection that won", async () => {
    using hole = startBlackHole();
    await using site = await startFakeSite({ host: "127.0.0.2", port: hole.port, tls: "good" });
    const target = { url: `https://localhost:${hole.port}/`, tls: { caPem: site.caPem, serverName: "localhost" } };
    const { run } = await tryName(hole.port, ["127.0.0.1", "127.0.0.2"], { target });
    expect(run.status).toBe("up");
    expect(run.tlsMs).toBeGreaterThan(0);
  });

  test("of which one is forbidden is not connected to at all", async () => {
    await using site = await startFakeSite();
    const { run } = await tryName(site.port, ["127.0.0.1", "169.254.169.254"]);
    expect(run.error?.kind).toBe("target_forbidden");
    expect(site.connections).toBe(0);
  });
});

test("families take turns, the first one first", () => {
  expect(alternating(["1", "2", "3", "::1", "::2"])).toEqual(["1", "::1", "2", "::2", "3"]);
  expect(alternating(["::1", "::2", "1"])).toEqual(["::1", "1", "::2"]);
  expect(alternating(["1", "2"])).toEqual(["1", "2"]);
});
