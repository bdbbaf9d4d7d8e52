import { describe, expect, test } from "bun:test";
import { systemClock } from "#kernel/clock";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { startSiteProcess } from "../../../testing/site_process.ts";
import type { Run } from "../run.ts";
import { failure, type ErrorKind } from "./failure.ts";
import { createStallWatch, stallFailure } from "./stall.ts";

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the watch", () => {
  test("sees nothing where the loop runs", async () => {
    const clock = createFakeClock();
    const watch = createStallWatch(clock);
    watch.begin();
    await clock.advance(10_000);
    expect(watch.between(0, clock.monotonic())).toBe(0);
  });
  test("measures a stall while it is still the present, and once it is past", async () => {
    const watch = createStallWatch(systemClock);
    watch.begin();
    await wait(60);
    const from = performance.now();
    block(300);
    const inside = watch.between(from, performance.now());
    await wait(60);
    const after = watch.between(from, performance.now());
    watch.end();
    for (const measured of [inside, after]) {
      expect(measured).toBeGreaterThan(270);
      expect(measured).toBeLessThan(performance.now() - from);
    }
  });
  test("counts only what lies within the time asked about", async () => {
    const watch = createStallWatch(systemClock);
    watch.begin();
    const before = performance.now();
    await wait(60);
    block(200);
    const middle = performance.now();
    block(200);
    await wait(60);
    const end = performance.now();
    watch.end();
    expect(watch.between(middle, end)).toBeGreaterThan(190);
    expect(watch.between(before, middle) + watch.between(middle, end)).toBeCloseTo(watch.between(before, end), 3);
    expect(watch.between(end, end + 1)).toBe(0);
  });
});

describe("a failure that our stall may have caused", () => {
  const table: [ErrorKind, number, number, boolean][] = [
    ["response_timeout", 201, 1_000, true],
    ["response_timeout", 199, 1_000, false],
    ["response_timeout", 251, 60_000, true],
    ["response_timeout", 249, 60_000, false],
    ["dns_timeout", 800, 1_000, true],
    ["connect_timeout", 800, 1_000, true],
    ["tls_handshake", 800, 1_000, true],
    ["connect_refused", 800, 1_000, false],
    ["tls_expired", 800, 1_000, false],
    ["http_status", 800, 1_000, false],
  ];
  for (const [kind, stalledMs, timeoutMs, isOurs] of table) {
    test(`${kind} after ${stalledMs} ms of ${timeoutMs} ms is ${isOurs ? "ours" : "the target's"}`, () => {
      expect(stallFailure(failure(kind, "x"), stalledMs, timeoutMs)?.kind).toBe(isOurs ? "internal" : undefined);
    });
  }
});

/** Blocks the loop in the handler of an answer, as a costly one would: timers that are due by then come before the next answer. */
async function blockAtAnswer(url: string, ms: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const closed = Promise.withResolvers<void>();
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
      data: (socket) => {
        block(ms);
        socket.end();
      },
      close: () => closed.resolve(),
    },
  });
  await closed.promise;
}

/** Starts checks of a site that answers after 300 ms, each a little later, so that a block of the loop hits them at every point. */
async function underStalls(url: string, trial: TrialCheck, isWatched: boolean): Promise<Run[]> {
  const watch = createStallWatch(systemClock);
  const runs: Promise<Run>[] = [];
  for (let round = 0; round < 3; round++) {
    const blocked = wait(80).then(() => blockAtAnswer(url, 800));
    for (let turn = 0; turn < 10; turn++) {
      runs.push(tryCheck(trial, isWatched ? { stalls: watch } : {}));
      await wait(40);
    }
    await blocked;
  }
  const done = await Promise.all(runs);
  watch.end();
  return done;
}

describe("checks of a good site while our event loop is blocked for 800 ms", () => {
  const statuses = (runs: Run[]) => [...new Set(runs.map(({ status }) => status))];

  test("are never down, and those it spoilt are made again at once", async () => {
    using site = await startSiteProcess(300);
    const trial = { target: { url: site.url }, timeoutMs: 1_000 };
    const runs = await underStalls(site.url, trial, true);
    expect(runs.filter(({ status }) => status === "down").map(({ error }) => error)).toEqual([]);
    const repeated = runs.filter(({ attempts }) => attempts === 2);
    expect(repeated.length).toBeGreaterThan(0);
    for (const run of repeated) {
      const [first] = run.detail().attemptDetails;
      expect(first).toMatchObject({ status: "unknown", error: { kind: "internal" } });
      expect(first!.error!.message).toMatch(/^attempt failed on our side: our own event loop was stalled \d+ ms of 1000 ms, and then: /);
    }
    // The same without the watch: the site is called down.
    expect(statuses(await underStalls(site.url, trial, false))).toContain("down");
  }, 30_000);

  test("are not degraded for the time that we lost ourselves", async () => {
    using site = await startSiteProcess(100);
    const trial = { target: { url: site.url }, timeoutMs: 5_000, assertions: [{ source: "latency", op: "lt", value: 500, severity: "degraded" }] };
    const spoilt = async (isWatched: boolean) => {
      const watch = createStallWatch(systemClock);
      watch.begin();
      await wait(60);
      const run = tryCheck(trial, isWatched ? { stalls: watch } : {});
      // Once it is connected, and before it is answered.
      await wait(50);
      block(800);
      return run.finally(() => watch.end());
    };
    const run = await spoilt(true);
    expect(run).toMatchObject({ status: "up", error: undefined });
    expect(run.latencyMs).toBeGreaterThan(790);
    expect(run.stalledMs).toBeGreaterThan(700);
    const { observed, assertions } = run.detail();
    expect(observed.ownStallMs).toBe(Math.round(run.stalledMs));
    expect(Number(assertions.find(({ source }) => source === "latency")!.actualJson)).toBeLessThan(500);
    expect((await spoilt(false)).status).toBe("degraded");
  }, 30_000);

  test("are still degraded and down when the site is at fault", async () => {
    using site = await startSiteProcess(600);
    const watch = createStallWatch(systemClock);
    watch.begin();
    const slow = await tryCheck({ target: { url: site.url }, assertions: [{ source: "latency", op: "lt", value: 500, severity: "degraded" }] }, { stalls: watch });
    const late = await tryCheck({ target: { url: site.url }, timeoutMs: 300 }, { stalls: watch });
    watch.end();
    expect(slow.status).toBe("degraded");
    expect(late).toMatchObject({ status: "down", attempts: 1, error: { kind: "response_timeout" } });
  });
});
