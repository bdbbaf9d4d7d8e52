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
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { Delivery } from "#ports/queue";
import { resultStatuses, type MissedSlots, type ResultStore, type StoredResult } from "#ports/results";
import { admit, giveBack, remember, settle, type CheckState } from "./check_state.ts";
import type { Connectivity } from "./connectivity/connectivity.ts";
import { excused } from "./connectivity/excuse.ts";
import type { Heartbeats } from "./heartbeat/heartbeats.ts";
import type { PlatformConditions } from "./platform/conditions.ts";
import type { FinishedRun } from "./finished_run.ts";
import type { ProbePool, RunOwner } from "./probe_pool.ts";
import type { Relay } from "./relay.ts";
import { detailOf, messageOfResult, storedResultOf } from "./result_message.ts";
import { beginStoring, traceRun } from "./run_trace.ts";

export type Task = Delivery<"check_tasks">;

export interface RunnerContext {
  pool: ProbePool;
  heartbeats: Pick<Heartbeats, "judge">;
  relay: Relay;
  connectivity: Connectivity;
  platform: Pick<PlatformConditions, "ran" | "missed">;
  results: ResultStore;
  events: Broadcast<{ tenantId: string; event: ResultEvent }>;
  /** The state of a check at a location, made when it is new. */
  stateOf(check: Check, location: string): CheckState;
  /** Of a check at all its locations together. */
  statusOf(check: Check): CheckState["status"];
  /** False once the check was deleted. */
  isCurrent(state: CheckState): boolean;
  clock: Clock;
  log: Log;
  telemetry: Telemetry;
}

/** A task whose run is under way, and then has ended. One object a run, because thousands are made a second. */
class TaskRun implements RunOwner {
  result: StoredResult | undefined = undefined;
  missed: readonly MissedSlots[] = nothing;
  /** Why its task is one for the dead letters; "" when it is not. */
  givenUp = "";

  constructor(
    private readonly onEnd: (run: TaskRun, as: FinishedRun) => void,
    readonly task: Task,
    readonly check: Check,
    readonly state: CheckState,
  ) {}

  get traceparent(): string {
    return this.task.body.traceparent;
  }

  held(why: string): void {
    this.givenUp = why;
  }

  ended(as: FinishedRun): void {
    this.onEnd(this, as);
  }
}

type EndedRun = TaskRun & { result: StoredResult };

const nothing: readonly MissedSlots[] = [];

// Runs that come often keep only their numbers; of the others the newest is kept whole, for whoever looks at it.
const detailFromMs = 10_000;
// As `dispatch-ahead` at most; further ahead lies only what a clock that was set back has left behind.
const longestAheadMs = 1_000;
const lagBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Gives what takes a task; its result comes back through the pool. */
export function createRunner({ pool, heartbeats, relay, connectivity, platform, results, events, stateOf, statusOf, isCurrent, clock, log, telemetry }: RunnerContext): (task: Task) => void {
  let ended: EndedRun[] = [];
  const { tracing } = telemetry;

  const stored = telemetry.tally("results_total", "Results stored, by status", "status", resultStatuses);
  const missedTotal = telemetry.counter("missed_slots_total", "Slots that ended without a result, by reason", ["reason"]);
  const lag = telemetry.distribution("schedule_lag_seconds", "How late probes start after their slot", lagBuckets);

  const take = (task: Task) => {
    const { check, trigger, everyMs, slotMs, location } = task.body;
    failpoint("task_taken", check?.id);
    if (!check) return void task.retry("the task carries no check").catch(() => {});
    const state = stateOf(check, location);
    const aheadMs = slotMs - clock.now();
    // It may yet end before this slot's time: only then is it known whether the slot is missed.
    if (state.running && aheadMs > 0) return void clock.after(Math.min(aheadMs, longestAheadMs), () => take(task));
    if (check.type === "heartbeat") return takeHeartbeat(task, check, state);
    if (admit(state, task.body, clock.now()) !== "run") return void task.ack().catch(() => {});
    const wants = trigger === "manual" ? "excerpt" : everyMs === 0 || everyMs >= detailFromMs ? "detail" : "numbers";
    pool.run(check, wants, new TaskRun(end, task, check, state), slotMs, location);
  };

  /** Nobody is asked: what the job has reported is judged here and now. */
  const takeHeartbeat = (task: Task, check: Check, state: CheckState) => {
    const judged = heartbeats.judge(task.body);
    if (!judged || admit(state, judged.task, clock.now()) !== "run") return void task.ack().catch(() => {});
    end(new TaskRun(end, task, check, state), judged.run);
    queueMicrotask(flush);
  };

  const end = (run: TaskRun, ran: FinishedRun) => {
    const { task, check, state } = run;
    const trigger = task.body.trigger === "manual" ? "manual" : "schedule";
    failpoint("run_ended", task.body.trigger);
    const as = ran.status === "down" ? excused(ran, check, state.checkId === check.id ? connectivity : undefined) : ran;
    if (tracing.isOn && run.traceparent !== "") traceRun(tracing, run.traceparent, check, as);
    // Deleted while it ran: there is nothing left to keep a result for.
    if (!isCurrent(state)) return void task.ack().catch(() => {});
    run.result = storedResultOf(as, { tenantId: check.tenantId, checkId: state.checkId, checkNo: state.checkNo, slotMs: trigger === "manual" ? task.body.slotMs : state.runSlotMs, trigger }, state.lastFailure);
    run.missed = settle(state, trigger);
    ended.push(run as EndedRun);
    const shown = as.detailJson !== "" ? as.detailJson : as.detail && as.status === "up" ? detailOf(as, check.id) : undefined;
    if (state.lastDetail !== shown) state.lastDetail = shown;
  };

  const store = async (batch: EndedRun[]): Promise<void> => {
    const missed = batch.flatMap((run) => run.missed);
    failpoint("before_results_commit");
    const spans = beginStoring(tracing, batch);
    await results
      .append(
        batch.map((run) => run.result),
        missed,
      )
      .finally(() => spans.forEach((span) => span.end()));
    failpoint("after_results_commit");
    relay.tell(batch);
    failpoint("results_told_before_ack");
    for (const run of batch) announce(run);
    for (const gap of missed) {
      missedTotal.inc({ reason: gap.reason }, gap.count);
      if (gap.reason === "overload") platform.missed(gap.count);
    }
    Promise.all(batch.map(({ task, givenUp }) => (givenUp === "" ? task.ack() : task.giveUp(givenUp)))).catch((error) => log.error("a task was not acknowledged", { reason: messageOf(error) }));
  };

  const announce = ({ state, result, check }: EndedRun) => {
    const isWatched = events.subscribers > 0;
    const before = isWatched ? statusOf(check) : undefined;
    remember(state, result);
    stored.add(resultStatuses.indexOf(result.status));
    if (result.trigger === "schedule") {
      lag.observe(result.lagMs / 1000);
      platform.ran(result.lagMs);
    }
    if (!isWatched) return;
    const after = statusOf(check);
    const event = create(ResultEventSchema, {
      result: messageOfResult(result, check),
      ...(before !== after && { stateBefore: before, state: after }),
    });
    events.send({ tenantId: check.tenantId, event });
  };

  const flush = () => {
    if (ended.length === 0) return;
    const batch = ended;
    ended = [];
    store(batch).catch((error) => {
      log.error("results were not stored: their tasks come again", { results: batch.length, error });
      for (const { task, state, result, missed } of batch) {
        giveBack(state, { trigger: result.trigger, slotMs: task.body.slotMs, ranAsMs: result.slotMs }, missed);
        void task.retry(messageOf(error)).catch(() => {});
      }
    });
  };
  pool.onBatch(flush);

  return take;
}
