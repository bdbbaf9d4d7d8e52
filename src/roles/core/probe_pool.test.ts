import { expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { silentLog } from "#kernel/log";
import { aCheck } from "../../testing/core_role.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createProbePool, type FinishedRun, type ProbePool } from "./probe_pool.ts";
import type { Wanted } from "./probe_protocol.ts";

/** The real worker against a site of this test, which never answers `/slow`. */
function startPool(workers = 1) {
  const asked: string[] = [];
  let onAsked = () => {};
  const site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      onAsked();
      if (pathname === "/slow") return new Promise<Response>(() => {});
      return new Response("hello", { status: pathname === "/broken" ? 503 : 200 });
    },
  });
  const threads: Worker[] = [];
  const startWorker = () => {
    const worker = new Worker(new URL("./probe_worker.ts", import.meta.url));
    threads.push(worker);
    return worker;
  };
  const clock = createFakeClock(42);
  const pool = createProbePool({ workers, log: silentLog, clock, descriptors: () => Promise.reject(new Error("no protos here")), startWorker });
  pool.setRules({ allow: [], deny: [], own: [] }, true);
  const check = (path: string, id = `chk${path.replace("/", "_")}`) => aCheck(id, { target: { url: `http://127.0.0.1:${site.port}${path}` } });
  return {
    pool,
    clock,
    threads,
    /** The newest worker dies now, and the pool has noticed. */
    async kill() {
      const worker = threads.at(-1)!;
      const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
      worker.terminate();
      await closed;
      await clock.advance(0);
    },
    check,
    asked,
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        onAsked = () => void (asked.length >= count && resolve());
        onAsked();
      }),
    async [Symbol.asyncDispose]() {
      pool.stop();
      await site.stop(true);
    },
  };
}

const runOf = (pool: ProbePool, check: Check, wants: Wanted) => new Promise<FinishedRun>((resolve) => pool.run(check, wants, resolve));

test("numbers come back for a run that is up, and everything for one that is not", async () => {
  await using at = startPool();
  const [up, whole, down] = await Promise.all([
    runOf(at.pool, at.check("/"), "numbers"),
    runOf(at.pool, at.check("/", "chk_2"), "excerpt"),
    runOf(at.pool, at.check("/broken"), "numbers"),
  ]);
  expect(up).toMatchObject({ status: "up", code: 200, bodyBytes: 5, attempts: 1, error: undefined, detail: undefined });
  for (const phase of ["latencyMs", "connectMs", "firstByteMs"] as const) expect(up[phase]).toBeGreaterThan(0);
  expect(up.tlsMs).toBeNaN();
  expect(up.finishedAtMs).toBeGreaterThanOrEqual(up.startedAtMs);
  expect(whole.detail!.observed).toMatchObject({ excerpt: "hello" });
  expect(down).toMatchObject({ status: "down", code: 503, error: { kind: "http_status" } });
  expect(at.pool.inFlight).toBe(0);
});

test("a run ends once, and its batch is told after all of it was handed over", async () => {
  await using at = startPool(2);
  const ended: string[] = [];
  const batches: number[] = [];
  const all = Promise.withResolvers<void>();
  at.pool.onBatch(() => {
    batches.push(ended.length);
    if (ended.length >= 40) all.resolve();
  });
  for (let i = 0; i < 40; i++) at.pool.run(at.check("/", `chk_${i}`), "numbers", () => void ended.push(`chk_${i}`));
  expect(at.pool.inFlight).toBe(40);
  await all.promise;
  expect(new Set(ended).size).toBe(40);
  expect(batches.at(-1)).toBe(40);
});

test("a new version of a check is what runs next, and an unsaved one leaves nothing behind", async () => {
  await using at = startPool();
  expect((await runOf(at.pool, at.check("/", "chk_1"), "numbers")).status).toBe("up");
  expect((await runOf(at.pool, at.check("/broken", "chk_1"), "numbers")).status).toBe("down");
  expect((await runOf(at.pool, at.check("/", ""), "numbers")).status).toBe("up");
  at.pool.forget("chk_1");
  expect((await runOf(at.pool, at.check("/", "chk_1"), "numbers")).status).toBe("up");
});

test("a worker that is killed is replaced: what it ran is unknown, never down, and the next run is up", async () => {
  await using at = startPool();
  await at.clock.advance(1_000);
  const slow = runOf(at.pool, at.check("/slow"), "numbers");
  let told = 0;
  at.pool.onBatch(() => void told++);
  await at.reached(1);
  await at.kill();
  expect(await slow).toMatchObject({ status: "unknown", startedAtMs: 1_042, error: { kind: "internal", message: "the probe worker died during this run" } });
  expect([told, at.pool.inFlight, at.threads.length]).toEqual([1, 0, 2]);
  // The rules and the check are told to the new worker too.
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
});

test("one that dies at its start is waited for, twice as long each time and 10 s at most, until one stays", async () => {
  await using at = startPool();
  for (const pauseMs of [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]) {
    const started = at.threads.length;
    await at.clock.advance(999);
    await at.kill();
    await at.clock.advance(pauseMs - 1);
    expect(at.threads.length).toBe(started);
    await at.clock.advance(1);
    expect(at.threads.length).toBe(started + 1);
  }
  await at.clock.advance(1_000);
  await at.kill();
  expect(at.threads.length).toBe(11);
  await at.kill();
  await at.clock.advance(100);
  expect(at.threads.length).toBe(12);
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
});

test("while no worker is there a run ends as unknown, in a batch, and not before it was asked for", async () => {
  await using at = startPool();
  await at.kill();
  const ended: FinishedRun[] = [];
  const batches: number[] = [];
  at.pool.onBatch(() => void batches.push(ended.length));
  for (const id of ["chk_1", ""]) at.pool.run(at.check("/", id), "numbers", (run) => void ended.push(run));
  expect([ended.length, at.pool.inFlight]).toEqual([0, 2]);
  await at.clock.advance(0);
  const lost = { status: "unknown", error: { kind: "internal", message: "no probe worker is running: each died at its start, and the next is waited for" } };
  expect(ended).toMatchObject([lost, lost]);
  expect([batches, at.pool.inFlight]).toEqual([[2], 0]);
});

test("while one worker is waited for another runs everything", async () => {
  await using at = startPool(2);
  await at.kill();
  const runs = await Promise.all(["chk_1", "chk_2", "chk_3"].map((id) => runOf(at.pool, at.check("/", id), "numbers")));
  expect(runs.map((run) => run.status)).toEqual(["up", "up", "up"]);
});

test("a pool that stops waits for no worker", async () => {
  await using at = startPool();
  await at.kill();
  at.pool.stop();
  await at.clock.advance(60_000);
  expect(at.threads.length).toBe(1);
});

test("without leave no private address is probed, and leave that is given holds from then on", async () => {
  await using at = startPool();
  at.pool.setRules({ allow: [], deny: [], own: [] }, false);
  expect(await runOf(at.pool, at.check("/"), "numbers")).toMatchObject({ error: { kind: "target_forbidden" } });
  at.pool.setRules({ allow: [], deny: [], own: [] }, true);
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
  expect(at.asked).toEqual(["/"]);
});
