import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { startFakeSite, type FakeSite } from "../../testing/fake_site.ts";
import { checkOf, openEnvironment, openSockets, tryCheck } from "../../testing/run_check.ts";
import { prepareCheck, startRun, type Run } from "./run.ts";

let site: FakeSite;
beforeAll(async () => {
  site = await startFakeSite();
});
afterAll(() => site.close());

describe("retries", () => {
  test("use a fresh connection each and the last attempt counts", async () => {
    let asked = 0;
    await site.setBehaviour({ respond: () => ({ status: ++asked < 3 ? 503 : 200 }) });
    const before = site.connections;
    const run = await tryCheck({ target: { url: site.url }, retries: 3 });
    expect(run).toMatchObject({ status: "up", attempts: 3, error: undefined });
    expect(site.connections - before).toBe(3);
    expect(run.detail().attemptDetails).toMatchObject([
      { status: "down", error: { kind: "http_status", message: "status 503, expected 200-299" } },
      { status: "down", error: { kind: "http_status" } },
      { status: "up" },
    ]);
  });
  test("end after 1 + retries attempts, with the last reason", async () => {
    await site.setBehaviour({ status: 500 });
    const run = await tryCheck({ target: { url: site.url }, retries: 2 });
    expect(run).toMatchObject({ status: "down", attempts: 3, error: { kind: "http_status" } });
  });
  test("are not made for what is up or degraded", async () => {
    await site.setBehaviour({});
    const run = await tryCheck({ target: { url: site.url }, retries: 2, assertions: [{ source: "latency", op: "lt", value: 0, severity: "degraded" }] });
    expect(run).toMatchObject({ status: "degraded", attempts: 1 });
    expect(run.detail().attemptDetails).toEqual([]);
  });
  test("wait for their delay", async () => {
    const clock = createFakeClock();
    let run: Run | undefined;
    startRun(prepareCheck(checkOf({ target: { url: "http://127.0.0.1:1/" }, retries: 1, retryDelayMs: 5_000 })), { ...openEnvironment, clock }, (done) => (run = done));
    await clock.advance(0);
    while (!run) {
      expect(clock.monotonic()).toBeLessThan(6_000);
      await clock.advance(1_000);
    }
    expect(run.attempts).toBe(2);
    expect(run.finishedAtMs - run.startedAtMs).toBeGreaterThanOrEqual(5_000);
  });
});

describe("a check that cannot be read", () => {
  test("is prepared, and its runs are unknown and say why", async () => {
    for (const trial of [
      { type: "carrier-pigeon", target: {} },
      { target: { url: "not a url" } },
      { target: { url: site.url }, assertions: [{ source: "body", op: "matches", value: "(" }] },
      { target: { url: "https://x.test", tls: { caPem: "nonsense" } } },
    ]) {
      const run = await tryCheck(trial);
      expect(run).toMatchObject({ status: "unknown", attempts: 0, error: { kind: "config_invalid" } });
      expect(run.error?.message).toStartWith("check cannot be run: ");
      expect(run.detail()).toEqual({ observed: {}, assertions: [], attemptDetails: [] });
    }
  });
});

test("an assertion on the status takes the place of the implied one", async () => {
  await site.setBehaviour({ status: 404 });
  expect((await tryCheck({ target: { url: site.url }, assertions: [{ source: "status", op: "eq", value: 404 }] })).status).toBe("up");
  expect((await tryCheck({ target: { url: site.url }, assertions: [{ source: "latency", op: "lt", value: 9_999 }] })).error?.message).toBe("status 404, expected 200-299");
});

test("the outcome is never told from inside the call that starts a run", async () => {
  const prepared = [checkOf({ target: { url: "http://127.0.0.1:1/" } }), checkOf({ target: { url: "http://169.254.1.1/" } }), checkOf({ type: "none", target: {} }), checkOf({ target: { url: "http://255.255.255.255/" } })].map(prepareCheck);
  const done: boolean[] = [];
  await Promise.all(
    prepared.map(
      (check) =>
        new Promise<void>((resolve) => {
          let isInside = true;
          startRun(check, { ...openEnvironment, egress: { allow: ["255.255.255.255"], deny: [], own: [] } }, () => {
            done.push(isInside);
            resolve();
          });
          isInside = false;
        }),
    ),
  );
  expect(done).toEqual([false, false, false, false]);
});

test("five hundred runs at once all end, and no socket stays", async () => {
  await site.setBehaviour({});
  const before = openSockets();
  const prepared = prepareCheck(checkOf({ target: { url: site.url }, timeoutMs: 10_000 }));
  const runs = await Promise.all(Array.from({ length: 500 }, () => new Promise<Run>((resolve) => startRun(prepared, openEnvironment, resolve))));
  expect(runs.filter(({ status }) => status === "up").length).toBe(500);
  for (let turn = 0; turn < 500 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});

test("a shortage of our own descriptors is unknown, never down", async () => {
  const script = `
    const { prepareCheck, runCheck } = await import(${JSON.stringify(`${import.meta.dir}/run.ts`)});
    const { systemClock } = await import(${JSON.stringify(`${import.meta.dir}/../../kernel/clock.ts`)});
    const environment = { clock: systemClock, egress: { allow: [], deny: [], own: [] }, privateAllowed: true, descriptors: () => Promise.reject() };
    const prepared = prepareCheck({ id: "c", type: "http", target: { url: ${JSON.stringify(site.url)} }, assertions: [], timeoutMs: 3000, retries: 0, retryDelayMs: 0 });
    const runs = await Promise.all(Array.from({ length: 200 }, () => runCheck(prepared, environment)));
    console.log(JSON.stringify(runs.map((run) => run.status + " " + (run.error?.message ?? "")))); process.exit();`;
  await site.setBehaviour({ firstByteDelayMs: 500 });
  const child = Bun.spawn(["sh", "-c", 'ulimit -n 60; exec "$0" -e "$1"', process.execPath, script], { stdout: "pipe", stderr: "inherit" });
  const statuses = JSON.parse(await new Response(child.stdout).text()) as string[];
  expect(statuses.filter((status) => status.startsWith("down"))).toEqual([]);
  expect(statuses.filter((status) => status.startsWith("unknown")).every((status) => status.endsWith("failed on our side: EMFILE"))).toBe(true);
  expect(statuses.filter((status) => status.startsWith("unknown")).length).toBeGreaterThan(100);
});
