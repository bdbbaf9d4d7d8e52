/** What we run out of ourselves makes a run unknown; a good site is never called down for it. */
import { describe, expect, test } from "bun:test";
import { startFakeNameServer } from "../../../testing/fake_name_server.ts";
import { startFakeSite } from "../../../testing/fake_site.ts";
import { canIsolate, runApart, type ApartRun } from "../../../testing/run_apart.ts";

const count = (runs: ApartRun[], status: string) => runs.filter((run) => run.status === status).length;
const messages = (runs: ApartRun[], status: string) => [...new Set(runs.filter((run) => run.status === status).map(({ message }) => message))];

describe("hundreds of checks of a good site without enough descriptors", () => {
  test("by address: some are up, the others unknown and say EMFILE", async () => {
    await using site = await startFakeSite({ firstByteDelayMs: 500 });
    const runs = await runApart({ shell: "ulimit -n 60", trial: { target: { url: site.url }, timeoutMs: 20_000 }, times: 400 });
    expect(messages(runs, "down")).toEqual([]);
    expect(count(runs, "up")).toBeGreaterThan(10);
    expect(messages(runs, "unknown")).toEqual([expect.stringMatching(/^connect to 127\.0\.0\.1:\d+ failed on our side: EMFILE$/) as string]);
  }, 60_000);
  test("by name: some are up, the others unknown", async () => {
    await using site = await startFakeSite({ firstByteDelayMs: 500 });
    await using names = await startFakeNameServer({ "good.test": { a: ["127.0.0.1"] } });
    const runs = await runApart({ shell: "ulimit -n 60", trial: { target: { url: `http://good.test:${site.port}/` }, timeoutMs: 20_000 }, times: 400, servers: [names.address] });
    expect(messages(runs, "down")).toEqual([]);
    expect(count(runs, "unknown")).toBeGreaterThan(100);
    for (const message of messages(runs, "unknown")) expect(message).toMatch(/on our side: EMFILE$|no dns server could be asked/);
  }, 60_000);
});

test("a name that no server can be asked about, since none listens: unknown", async () => {
  const runs = await runApart({ shell: "true", trial: { target: { url: "http://good.test/" } }, times: 20, servers: ["127.0.0.1:1"] });
  expect(count(runs, "unknown")).toBe(20);
  expect(messages(runs, "unknown")).toEqual(["name good.test was not resolved: no dns server could be asked (ECONNREFUSED)"]);
}, 30_000);

describe.skipIf(!canIsolate())("in a network namespace of its own (skipped where unshare --user --net is not allowed)", () => {
  test("checks that find no free local port are unknown and say EADDRNOTAVAIL", async () => {
    const shell = "ip link set lo up && echo 60000 60009 > /proc/sys/net/ipv4/ip_local_port_range";
    const runs = await runApart({ shell, isolated: true, trial: { target: { url: "http://127.0.0.1:8080/" }, timeoutMs: 20_000 }, times: 200, siteDelayMs: 500 });
    expect(messages(runs, "down")).toEqual([]);
    expect(count(runs, "up")).toBe(10);
    expect(messages(runs, "unknown")).toEqual(["connect to 127.0.0.1:8080 failed on our side: EADDRNOTAVAIL"]);
  }, 60_000);
  test("a name server that our network does not reach: unknown", async () => {
    const runs = await runApart({ shell: "ip link set lo up", isolated: true, trial: { target: { url: "http://good.test/" } }, times: 5, servers: ["10.77.0.1:53"] });
    expect(messages(runs, "unknown")).toEqual(["name good.test was not resolved: no dns server could be asked (ENETUNREACH)"]);
  }, 30_000);
  const routes: [string, string, string, string][] = [
    ["unreachable", "down", "connect_unreachable", "connect to 10.77.0.1:80 failed: host unreachable"],
    ["blackhole", "unknown", "internal", "connect to 10.77.0.1:80 failed on our side: EINVAL"],
    ["prohibit", "unknown", "internal", "connect to 10.77.0.1:80 failed on our side: EACCES"],
  ];
  for (const [route, status, kind, message] of routes) {
    test(`a host behind a route of type ${route}: ${kind}`, async () => {
      const shell = `ip link set lo up && ip route add ${route} 10.77.0.0/16`;
      const runs = await runApart({ shell, isolated: true, trial: { target: { url: "http://10.77.0.1/" } }, times: 1 });
      expect(runs).toEqual([{ status, kind, message }]);
    }, 30_000);
  }
});
