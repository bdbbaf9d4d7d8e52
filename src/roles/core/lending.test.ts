/** Real probe threads, lent over the contract, probe a site of this test. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { systemClock } from "#kernel/clock";
import { createIds } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import type { StandingBy } from "#kernel/role";
import { localClient } from "#kernel/rpc/local";
import { aCheck } from "../../testing/core_role.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { eventually } from "../../testing/start_product.ts";
import type { FinishedRun } from "./finished_run.ts";
import { lendThreads, type LendingOptions } from "./lending.ts";
import { createLentThreads, silentAfterMs } from "./lent_threads.ts";
import { createProbePool, type ProbePool } from "./probe_pool.ts";

const nothingOwn = { allow: [], deny: [], own: [], grants: {} };
const far = "eu-1";
const online = { excusedBeforeMs: 0, summary: () => "", begin: () => {}, stop: () => {} };

let site: ReturnType<typeof Bun.serve>;
let asked: string[];
let pool: ProbePool;
let leader: LendingOptions["leader"];
let lenders: StandingBy[];

beforeEach(() => {
  asked = [];
  site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      // The first to ask waits for ever.
      if (pathname === "/hangs") return new Promise<Response>(() => {});
      return pathname === "/slow" && asked.filter((path) => path === pathname).length === 1 ? new Promise<Response>(() => {}) : new Response("hello");
    },
  });
  pool = createProbePool({ workers: 0, log: silentLog, clock: systemClock, descriptors: () => Promise.reject(new Error("no protos here")), baselines: { answer: () => Promise.resolve(undefined) } });
  pool.setRules(nothingOwn, true);
  leader = leaderOf(pool);
  lenders = [];
});

afterEach(async () => {
  pool.stop();
  await Promise.all(lenders.map((one) => one.stop()));
  await site.stop(true);
});

function leaderOf(of: ProbePool): LendingOptions["leader"] {
  const threads = createLentThreads(of, { clock: systemClock, log: silentLog });
  const rest = Object.fromEntries(CoreService.methods.map(({ localName }) => [localName, () => Promise.reject(new Error(localName))]));
  const api = { ...rest, lendThread: (request: never, { signal }: { signal: AbortSignal }) => threads.lend(request, signal), reportThread: async (request: never) => (threads.report(request), {}) };
  return localClient(CoreService, api as never, systemClock, silentLog);
}

async function lend(options: Partial<LendingOptions> = {}): Promise<StandingBy> {
  const before = threadsAtFar();
  const lender = lendThreads({ leader, location: far, threads: 1, egress: { rules: () => nothingOwn }, connectivity: { ...online }, clock: systemClock, ids: createIds(Date.now), log: silentLog, ...options });
  lenders.push(lender);
  await eventually("the thread is lent", threadsAtFar, (threads) => threads > before);
  return lender;
}

const threadsAtFar = () => pool.locations().find(({ location }) => location === far)?.threads ?? 0;
const checkOf = (path: string, fields = {}): Check => aCheck(`chk_${path}`, { version: 1, target: { url: `http://127.0.0.1:${site.port}${path}` }, ...fields });
const run = (path: string, fields = {}) => new Promise<FinishedRun>((resolve) => pool.run(checkOf(path, fields), "excerpt", { check: checkOf(path, fields), ended: resolve }, 0, far));

test("a check runs at a location once a core lends its threads there, and is unknown before and after", async () => {
  expect(await run("one")).toMatchObject({ status: "unknown", error: { kind: "internal", message: "no core runs at the location eu-1" } });
  const lender = await lend();
  await eventually("it says so", () => lender.remark(), (remark) => remark === "1 of 1 probe threads work for the core that leads");
  const ran = await run("/two");
  expect(ran).toMatchObject({ status: "up", code: 200, bodyBytes: 5, detail: { observed: { excerpt: "hello" } } });
  expect(ran.connectMs).toBeGreaterThan(0);
  await lender.stop();
  expect((await run("three")).status).toBe("unknown");
});

test("what runs on a thread that is taken away runs again on another one, once", async () => {
  const first = await lend();
  const ended = run("/slow");
  await eventually("it is under way", () => asked.length, (count) => count === 1);
  await lend();
  await first.stop();
  expect((await ended).status).toBe("up");
  expect(asked).toEqual(["/slow", "/slow"]);
  expect(pool.inFlight).toBe(0);
});

test("a failure is confirmed by the other threads of its location", async () => {
  await lend();
  await lend();
  const refused = await run("/", { target: { url: "http://127.0.0.1:1/" }, retries: 1, retryDelayMs: 1 });
  expect(refused).toMatchObject({ status: "down", attempts: 2, error: { kind: "connect_refused" } });
});

test("what the operator of the place forbids is not reached from there, whatever the leader allows", async () => {
  await lend({ egress: { rules: () => ({ ...nothingOwn, deny: ["127.0.0.1"] }) } });
  expect((await run("/")).error?.kind).toBe("target_forbidden");
});

test("what is known of the network there comes with each run", async () => {
  await lend({ connectivity: { ...online, excusedBeforeMs: Number.POSITIVE_INFINITY, summary: () => "3 of 3 canaries do not answer" } });
  const { network } = await run("/");
  expect([network!.excusedBeforeMs, network!.summary()]).toEqual([Number.POSITIVE_INFINITY, "3 of 3 canaries do not answer"]);
});

test("a check that kills its thread is suspected, one whose process left is not", async () => {
  const mortal = { kill: () => {} };
  const startThread: LendingOptions["startThread"] = () => {
    const worker = new Worker(new URL("./probe_worker.ts", import.meta.url));
    mortal.kill = () => worker.terminate();
    return worker as never;
  };
  await lend({ startThread });
  for (let death = 1; death <= 3; death++) {
    await eventually("a thread is lent", threadsAtFar, (threads) => threads === 1);
    const ended = new Promise<FinishedRun>((resolve) => pool.run(checkOf("/hangs"), "numbers", { check: checkOf("/hangs"), ended: resolve }, 0, far));
    await eventually("it is under way", () => asked.length, (count) => count === death);
    mortal.kill();
    expect((await ended).status).toBe("unknown");
  }
  expect(pool.heldChecks()).toEqual(["chk_/hangs"]);
});

test("a thread that says nothing is given up, and what it says later is not heard", async () => {
  const clock = createFakeClock();
  const gone: string[] = [];
  const threads = createLentThreads({ attach: (thread) => thread.addEventListener("close", () => gone.push("closed")) }, { clock, log: silentLog });
  const orders = threads.lend({ threadId: "one", location: far, process: "p" } as never, new AbortController().signal);
  const first = orders.next();
  await clock.advance(silentAfterMs + 3_000);
  await first;
  expect((await orders.next()).done).toBe(true);
  expect(gone).toEqual(["closed"]);
  expect(() => threads.report({ threadId: "one", messages: [], died: false } as never)).toThrow("not lent any more");
});
