/**
 * Runs what is due: task → probe → result → log → message → acknowledgement, in this order, so that whatever instant the
 * process dies at, nothing that was acknowledged is lost.
 */
import { create } from "@bufbuild/protobuf";
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { CheckSchema, type Check, type ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultEventSchema, type Result, type ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import type { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { createBroadcast } from "#kernel/broadcast";
import { systemCall } from "#kernel/call";
import { sleep } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { follow } from "#kernel/follow";
import type { RoleContext } from "#kernel/role";
import type { Client } from "#kernel/rpc/contract";
import type { ValuesOf } from "#kernel/settings";
import type { Ports } from "#ports/index";
import { homeLocation, type Delivery } from "#ports/queue";
import type { MissedSlots, StoredResult } from "#ports/results";
import { admit, giveBack, newState, remember, settle, stateOfTail, type CheckState } from "./check_state.ts";
import { createProbePool, type FinishedRun } from "./probe_pool.ts";
import { createRelay } from "./relay.ts";
import { detailOf, messageOfResult, storedResultOf } from "./result_message.ts";
import type { coreSettings } from "./settings.ts";

export type Context = RoleContext<
  { auth: Client<typeof AuthService>; config: Client<typeof ConfigService>; forge: Client<typeof ForgeService> },
  Pick<Ports, "results" | "queue" | "egress">,
  ValuesOf<typeof coreSettings>
>;

export type Task = Delivery<"check_tasks">;

export interface Core {
  take(task: Task): void;
  execute(check: Check): Promise<Result>;
  /** Refuses with not_found when the check is not of this tenant. */
  known(tenantId: string, checkId: string): { check: Check; state: CheckState };
  checksOf(tenantId: string): Iterable<{ check: Check; state: CheckState }>;
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<ResultEvent>;
  readonly results: Ports["results"];
  readonly location: string;
  now(): number;
  begin(): Promise<void>;
  stop(): Promise<void>;
  readiness(): string;
}

interface Finished {
  task: Task;
  check: Check;
  state: CheckState;
  result: StoredResult;
  missed: readonly MissedSlots[];
}

// Runs that come often keep only their numbers; of the others the newest is kept whole, for whoever looks at it.
const detailFromMs = 10_000;
const maintainEveryMs = 100;
const rulesEveryMs = 1_000;
// With the waits of the other roles this stays below the 25 s that a stop may take; what has not ended runs again.
const drainMs = 6_000;

export async function createCore(context: Context, openPool = createProbePool): Promise<Core> {
  const { needs, ports, clock, log, settings, telemetry } = context;
  const states = new Map<string, CheckState>();
  for (const tail of await ports.results.open()) states.set(tail.checkId, stateOfTail(tail));
  const checks = new Map<string, Check>();
  const events = createBroadcast<{ tenantId: string; event: ResultEvent }>();
  const relay = createRelay(ports, homeLocation, log);
  const stopping = new AbortController();
  let synced = false;
  let finished: Finished[] = [];

  const stored = telemetry.counter("results_total", "Results stored, by status", ["status"]);
  const missedTotal = telemetry.counter("missed_slots_total", "Slots that ended without a result, by reason", ["reason"]);
  const lag = telemetry.histogram("schedule_lag_seconds", "How late probes start after their slot", [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);

  const pool = openPool({
    workers: settings.coreWorkers,
    log,
    now: () => clock.now(),
    descriptors: async (tenantId, id) => (await needs.forge.getDescriptors({ id }, systemCall("core", tenantId))).fileDescriptorSet,
  });
  telemetry.gauge("runs_in_flight", "Probes running now", [], (gauge) => gauge.set(pool.inFlight));

  const stateOf = (check: Check): CheckState => {
    let state = states.get(check.id);
    if (!state) {
      state = newState(check.tenantId, check.id);
      states.set(check.id, state);
    }
    return state;
  };

  const take = (task: Task) => {
    const { check, trigger, everyMs } = task.body;
    if (!check) return void task.retry("the task carries no check").catch(() => {});
    const state = stateOf(check);
    if (admit(state, task.body, clock.now()) !== "run") return void task.ack().catch(() => {});
    pool.run(check, trigger === "manual" ? "excerpt" : everyMs === 0 || everyMs >= detailFromMs ? "detail" : "numbers", (run) => finish(task, check, state, run));
  };

  const finish = (task: Task, check: Check, state: CheckState, run: FinishedRun) => {
    const trigger = task.body.trigger === "manual" ? "manual" : "schedule";
    // Deleted while it ran: there is nothing left to keep a result for.
    if (states.get(check.id) !== state) return void task.ack().catch(() => {});
    const slot = { tenantId: check.tenantId, checkId: check.id, slotMs: task.body.slotMs, trigger } as const;
    const result = storedResultOf(run, slot, state.last?.detail);
    finished.push({ task, check, state, result, missed: settle(state, trigger) });
    if (run.detail && result.status === "up") state.lastDetail = detailOf(run, check.id);
    else state.lastDetail = undefined;
  };

  const store = async (batch: Finished[]): Promise<void> => {
    const missed = batch.flatMap((one) => one.missed);
    await ports.results.append(
      batch.map((one) => one.result),
      missed,
    );
    relay.tell(batch);
    for (const one of batch) announce(one);
    for (const gap of missed) missedTotal.inc({ reason: gap.reason }, gap.count);
    for (const { task } of batch) void task.ack().catch((error) => log.error("a task was not acknowledged", { reason: messageOf(error) }));
  };

  const announce = ({ state, result, check }: Finished) => {
    const before = remember(state, result);
    stored.inc({ status: result.status });
    if (result.trigger === "schedule") lag.observe(result.lagMs / 1000);
    if (events.subscribers === 0) return;
    const event = create(ResultEventSchema, {
      result: messageOfResult(result, homeLocation, check),
      ...(before !== state.status && { stateBefore: before, state: state.status }),
    });
    events.send({ tenantId: check.tenantId, event });
  };

  pool.onBatch(() => {
    if (finished.length === 0) return;
    const batch = finished;
    finished = [];
    store(batch).catch((error) => {
      log.error("results were not stored: their tasks come again", { results: batch.length, error });
      for (const { task, state, result, missed } of batch) {
        giveBack(state, result, missed);
        void task.retry(messageOf(error)).catch(() => {});
      }
    });
  });

  const refreshRules = async (): Promise<void> => {
    const { tenants } = await needs.auth.getTenancy({}, systemCall("core"));
    pool.setRules(ports.egress.rules(), tenants <= 1);
  };

  const maintain = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await ports.results.maintain(clock.now()).catch((error) => log.error("the results were not tidied", { error }));
      await sleep(clock, maintainEveryMs, stopping.signal).catch(() => {});
    }
  };

  const forget = (checkId: string) => {
    const state = states.get(checkId);
    checks.delete(checkId);
    states.delete(checkId);
    pool.forget(checkId);
    if (!state) return;
    ports.results.forget(state.tenantId, checkId).catch((error) => log.error("a deleted check was not forgotten", { check: checkId, error }));
  };

  return {
    take,
    location: homeLocation,
    results: ports.results,
    now: () => clock.now(),
    execute: (check) =>
      new Promise((resolve) =>
        pool.run(create(CheckSchema, { ...check, id: "" }), "excerpt", (run) => {
          const slot = { tenantId: check.tenantId, checkId: check.id, slotMs: Math.floor(run.startedAtMs), trigger: "manual" } as const;
          const result = { ...storedResultOf(run, slot, undefined), detail: detailOf(run, check.id) };
          const message = messageOfResult(result, homeLocation);
          message.trigger = "test";
          message.finishedAtMs = run.finishedAtMs;
          resolve(message);
        }),
      ),
    known(tenantId, checkId) {
      const check = checks.get(checkId);
      if (check?.tenantId !== tenantId) throw new AppError("not_found", `no check ${JSON.stringify(checkId)}`);
      return { check, state: stateOf(check) };
    },
    *checksOf(tenantId) {
      for (const check of checks.values()) if (check.tenantId === tenantId) yield { check, state: stateOf(check) };
    },
    watch: (tenantId, signal) => eventsOf(events.subscribe(signal, (one) => one.tenantId === tenantId)),
    async begin() {
      await refreshRules();
      const timer = clock.every(rulesEveryMs, () => void refreshRules().catch((error) => log.warn("the egress rules were not refreshed", { reason: messageOf(error) })));
      stopping.signal.addEventListener("abort", () => timer.cancel());
      void maintain();
      const firstSync = Promise.withResolvers<void>();
      let seen = new Set<string>();
      void follow(context, stopping.signal, {
        role: "core",
        what: "config's checks",
        open: (call) => needs.config.watchChecks({}, call),
        opened: () => void (seen = new Set()),
        each({ change }) {
          if (change.case === "saved") {
            seen.add(change.value.id);
            checks.set(change.value.id, change.value);
          } else if (change.case === "deleted") {
            forget(change.value);
          } else if (change.case === "synced") {
            // Also those that were deleted while this process was down.
            for (const checkId of new Set([...checks.keys(), ...states.keys()])) if (!seen.has(checkId)) forget(checkId);
            firstSync.resolve();
            synced = true;
          }
        },
      });
      // Told before the first new result, so that each check's results are told in order.
      await firstSync.promise;
      await relay.tellRest((checkId) => checks.get(checkId));
    },
    async stop() {
      for (const until = clock.monotonic() + drainMs; pool.inFlight > 0 && clock.monotonic() < until; ) await sleep(clock, 20);
      stopping.abort();
      pool.stop();
      await ports.results.flush();
    },
    readiness: () => (synced ? "" : "the checks are still being read"),
  };
}

async function* eventsOf(stream: AsyncIterable<{ event: ResultEvent }>): AsyncGenerator<ResultEvent> {
  for await (const { event } of stream) yield event;
}
