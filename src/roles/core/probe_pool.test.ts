import { expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { silentLog } from "#kernel/log";
import { aCheck } from "../../testing/core_role.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import type { FinishedRun } from "./finished_run.ts";
import { createProbePool, type ProbePool } from "./probe_pool.ts";
import type { ToWorker, Wanted } from "./probe_protocol.ts";
import type { ProbeThread } from "./probe_thread.ts";

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
      const isFirst = asked.filter((path) => path === pathname).length === 1;
      return new Response("hello", { status: pathname === "/broken" || (pathname === "/flaky" && isFirst) ? 503 : 200 });
    },
  });
  const threads: Worker[] = [];
  /** Number of the thread of each message that starts runs. */
  const startedOn: number[] = [];
  const startWorker = () => {
    const worker = new Worker(new URL("./probe_worker.ts", import.meta.url));
    const no = threads.push(worker);
    const post = worker.postMessage.bind(worker);
    worker.postMessage = ((message: ToWorker, ...rest: []) => {
      if (message.type === "start") startedOn.push(no);
      post(message, ...rest);
    }) as Worker["postMessage"];
    return worker;
  };
  const clock = createFakeClock(42);
  const pool = createProbePool({ workers, log: silentLog, clock, descriptors: () => Promise.reject(new Error("no protos here")), baselines: { answer: () => Promise.resolve(undefined) }, startWorker: startWorker as unknown as () => ProbeThread });
  pool.setRules({ allow: [], deny: [], own: [], grants: {} }, true);
  const check = (path: string, id = `chk${path.replace("/", "_")}`, version = 1) => aCheck(id, { version, target: { url: `http://127.0.0.1:${site.port}${path}` } });
  return {
    pool,
    clock,
    threads,
    startedOn,
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

const runOf = (pool: ProbePool, check: Check, wants: Wanted) => new Promise<FinishedRun>((resolve) => pool.run(check, wants, { ended: resolve }));

test("a tenant reaches what was granted to it, another one beside it does not", async () => {
  await using at = startPool();
  const [ours, theirs] = ["ten_01J9Z3K8Q4V7N2M5R6T8W0X1Y2", "ten_01K9Z3K8Q4V7N2M5R6T8W0X1Y2"];
  const grants = { [ours]: ["127.0.0.0/8"] };
  const checkOf = (tenantId: string) => ({ ...at.check("/", `chk_${tenantId}`), tenantId });
  const [first, second] = [checkOf(ours), checkOf(theirs)];
  const both = async () => {
    const runs = await Promise.all([runOf(at.pool, first, "numbers"), runOf(at.pool, second, "numbers")]);
    return runs.map(({ status, error }) => error?.kind ?? status);
  };
  at.pool.setRules({ allow: [], deny: [], own: [], grants }, false);
  expect(await both()).toEqual(["up", "target_forbidden"]);
  const refusal = (await runOf(at.pool, second, "numbers")).error!.message;
  expect([refusal.includes(`egress-grants ${theirs}=127.0.0.1/32`), refusal.includes(ours)]).toEqual([true, false]);
  // What was decided for an address is decided anew under new rules.
  at.pool.setRules({ allow: [], deny: [], own: [], grants: { [theirs]: ["127.0.0.0/8"] } }, false);
  expect(await both()).toEqual(["target_forbidden", "up"]);
  at.pool.setRules({ allow: [], deny: ["127.0.0.1"], own: [], grants }, false);
  expect(await both()).toEqual(["target_forbidden", "target_forbidden"]);
});

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
  for (let i = 0; i < 40; i++) at.pool.run(at.check("/", `chk_${i}`), "numbers", { ended: () => void ended.push(`chk_${i}`) });
  expect(at.pool.inFlight).toBe(40);
  await all.promise;
  expect(new Set(ended).size).toBe(40);
  expect(batches.at(-1)).toBe(40);
});

test("a run that is handed over ahead of its time starts at its time, though this thread is busy then", async () => {
  await using at = startPool();
  await runOf(at.pool, at.check("/"), "numbers");
  const dueMs = Date.now() + 150;
  const run = new Promise<FinishedRun>((resolve) => at.pool.run(at.check("/due"), "numbers", { ended: resolve }, dueMs));
  // Let the message leave, then stand in everybody's way until the run is long over.
  await Bun.sleep(20);
  const until = performance.now() + 400;
  while (performance.now() < until);
  const { startedAtMs } = await run;
  expect(startedAtMs - dueMs).toBeGreaterThanOrEqual(-1);
  expect(startedAtMs - dueMs).toBeLessThan(200);
});

test("a new version of a check is what runs next, and an unsaved one leaves nothing behind", async () => {
  await using at = startPool();
  expect((await runOf(at.pool, at.check("/", "chk_1"), "numbers")).status).toBe("up");
  expect((await runOf(at.pool, at.check("/broken", "chk_1", 2), "numbers")).status).toBe("down");
  expect((await runOf(at.pool, at.check("/", ""), "numbers")).status).toBe("up");
  at.pool.forget("chk_1");
  expect((await runOf(at.pool, at.check("/", "chk_1"), "numbers")).status).toBe("up");
});

test("a failure is confirmed by the other workers, one attempt each, and every attempt is kept", async () => {
  await using at = startPool(2);
  const check = { ...at.check("/broken"), retries: 2, retryDelayMs: 1_000 };
  const run = runOf(at.pool, check, "numbers");
  for (let attempts = 1; attempts <= 3; attempts++) {
    await at.reached(attempts);
    // The answer is on its way through the worker; the next attempt is made once it is here and the pause is over.
    while (at.asked.length === attempts && at.pool.inFlight > 0) {
      await Bun.sleep(1);
      await at.clock.advance(500);
    }
  }
  const down = await run;
  expect(down).toMatchObject({ status: "down", attempts: 3, code: 503, error: { kind: "http_status" } });
  expect(down.detail!.attemptDetails.map(({ status }) => status)).toEqual(["down", "down", "down"]);
  const [first, second, third] = at.startedOn;
  expect([second === first, third === first]).toEqual([false, true]);
  expect(at.pool.inFlight).toBe(0);
});

test("a run that another worker finds up is up, and keeps what the first one met", async () => {
  await using at = startPool(2);
  const run = runOf(at.pool, { ...at.check("/flaky"), retries: 1, retryDelayMs: 0 }, "numbers");
  await at.reached(1);
  while (at.asked.length === 1) {
    await Bun.sleep(1);
    await at.clock.advance(1);
  }
  const up = await run;
  expect(up).toMatchObject({ status: "up", attempts: 2, error: undefined });
  expect(up.detail!.attemptDetails).toMatchObject([{ status: "down", error: { kind: "http_status" } }, { status: "up" }]);
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
  for (const id of ["chk_1", ""]) at.pool.run(at.check("/", id), "numbers", { ended: (run) => void ended.push(run) });
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
  at.pool.setRules({ allow: [], deny: [], own: [], grants: {} }, false);
  expect(await runOf(at.pool, at.check("/"), "numbers")).toMatchObject({ error: { kind: "target_forbidden" } });
  at.pool.setRules({ allow: [], deny: [], own: [], grants: {} }, true);
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
  expect(at.asked).toEqual(["/"]);
});

test("a check that was running at three deaths of its thread is held; one that only ran beside it goes on", async () => {
  await using at = startPool();
  const poison = at.check("/slow", "chk_poison");
  const told: string[] = [];
  const ended: string[] = [];
  const owner = (check: Check) => ({ check, held: (why: string) => void told.push(`${check.id}: ${why}`), ended: ({ status }: FinishedRun) => void ended.push(`${check.id} ${status}`) });
  const begin = (check: Check) => at.pool.run(check, "numbers", owner(check));

  begin(poison);
  begin(at.check("/", "chk_beside"));
  await at.reached(2);
  await at.kill();
  await at.clock.advance(100);
  // Suspected both: the one beside it has its thread for itself, comes back and is nobody's suspect any more.
  const again = at.check("/", "chk_beside");
  await new Promise<void>((resolve) => at.pool.run(again, "numbers", { check: again, ended: () => resolve() }));
  for (const death of [2, 3]) {
    expect(told).toEqual([]);
    begin(poison);
    await at.reached(death + 2);
    await at.kill();
  }
  expect(told).toEqual([expect.stringMatching(/^chk_poison: this check is not run any more: the thread that ran it died 3 times/)]);
  const asked = at.asked.length;
  expect(await runOf(at.pool, poison, "numbers")).toMatchObject({ status: "unknown", error: { kind: "internal", message: expect.stringContaining("it runs again once it is changed") } });
  expect(at.asked.length).toBe(asked);
  expect((await runOf(at.pool, at.check("/", "chk_beside"), "numbers")).status).toBe("up");

  const changed = { ...at.check("/", "chk_poison"), version: poison.version + 1 };
  expect((await runOf(at.pool, changed, "numbers")).status).toBe("up");
});
