/**
 * Runs what is due: task → probe → result → log → message → acknowledgement, in this order, so that whatever instant the
 * process dies at, nothing that was acknowledged is lost.
 */
import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultEventSchema, type ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import type { Broadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import { homeLocation, type Delivery } from "#ports/queue";
import type { MissedSlots, ResultStore, StoredResult } from "#ports/results";
import { admit, giveBack, remember, settle, type CheckState } from "./check_state.ts";
import type { FinishedRun, ProbePool } from "./probe_pool.ts";
import type { Relay } from "./relay.ts";
import { detailOf, messageOfResult, storedResultOf } from "./result_message.ts";

export type Task = Delivery<"check_tasks">;

export interface RunnerContext {
  pool: ProbePool;
  relay: Relay;
  results: ResultStore;
  events: Broadcast<{ tenantId: string; event: ResultEvent }>;
  /** The state of a check, made when it is new. */
  stateOf(check: Check): CheckState;
  /** False once the check was deleted. */
  isCurrent(state: CheckState): boolean;
  clock: Clock;
  log: Log;
  telemetry: Telemetry;
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

/** Gives what takes a task; its result comes back through the pool. */
export function createRunner({ pool, relay, results, events, stateOf, isCurrent, clock, log, telemetry }: RunnerContext): (task: Task) => void {
  let finished: Finished[] = [];

  const stored = telemetry.counter("results_total", "Results stored, by status", ["status"]);
  const missedTotal = telemetry.counter("missed_slots_total", "Slots that ended without a result, by reason", ["reason"]);
  const lag = telemetry.histogram("schedule_lag_seconds", "How late probes start after their slot", [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);

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
    if (!isCurrent(state)) return void task.ack().catch(() => {});
    const slot = { tenantId: check.tenantId, checkId: check.id, slotMs: task.body.slotMs, trigger } as const;
    const result = storedResultOf(run, slot, state.last?.detail);
    finished.push({ task, check, state, result, missed: settle(state, trigger) });
    if (run.detail && result.status === "up") state.lastDetail = detailOf(run, check.id);
    else state.lastDetail = undefined;
  };

  const store = async (batch: Finished[]): Promise<void> => {
    const missed = batch.flatMap((one) => one.missed);
    await results.append(
      batch.map((one) => one.result),
      missed,
    );
    relay.tell(batch.map(({ result, check, task }) => ({ result, check, runId: task.body.runId })));
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

  return take;
}
