import { expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { silentLog } from "#kernel/log";
import { aCheck } from "../../testing/core_role.ts";
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
  const pool = createProbePool({ workers, log: silentLog, now: () => 42, descriptors: () => Promise.reject(new Error("no protos here")), startWorker });
  pool.setRules({ allow: [], deny: [], own: [] }, true);
  const check = (path: string, id = `chk${path.replace("/", "_")}`) => aCheck(id, { target: { url: `http://127.0.0.1:${site.port}${path}` } });
  return {
    pool,
    threads,
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
  const slow = runOf(at.pool, at.check("/slow"), "numbers");
  let told = 0;
  at.pool.onBatch(() => void told++);
  await at.reached(1);
  at.threads[0]!.terminate();
  expect(await slow).toMatchObject({ status: "unknown", startedAtMs: 42, error: { kind: "internal", message: "the probe worker died during this run" } });
  expect([told, at.pool.inFlight, at.threads.length]).toEqual([1, 0, 2]);
  // The rules and the check are told to the new worker too.
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
});

test("without leave no private address is probed, and leave that is given holds from then on", async () => {
  await using at = startPool();
  at.pool.setRules({ allow: [], deny: [], own: [] }, false);
  expect(await runOf(at.pool, at.check("/"), "numbers")).toMatchObject({ error: { kind: "target_forbidden" } });
  at.pool.setRules({ allow: [], deny: [], own: [] }, true);
  expect((await runOf(at.pool, at.check("/"), "numbers")).status).toBe("up");
  expect(at.asked).toEqual(["/"]);
});
