/**
 * What core remembers of each check at each of its locations between runs: its recent results (the strip), its state, and up to which slot every
 * slot is accounted for.
 *
 * Accounting. A slot ends as a result or as a missed record, never as both. Slots of a check come in order, so one watermark is
 * enough: everything up to `accountedMs` is stored, under way or owed. A task above it is let in, and the slots of its schedule
 * between the watermark and it are missed, for the reason the task gives; one that comes while the check still runs is missed
 * as `overrun`; one that is not above it was delivered twice or overtaken, and is dropped. What is missed is owed until the
 * next scheduled result and stored in its transaction, so a crash can neither lose nor double it: the watermark is then read
 * from what was stored.
 *
 * A clock that was set back shows times again whose slots are accounted for already. The check goes on running then, or nobody would
 * watch it until the clock has caught up; but each of these runs is one more, with a slot of its own a moment after the one of the
 * grid, and what is missing among them was told before.
 */
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import type { CheckTail, MissedSlots, ResultDetail, ResultStatus, StoredResult, Trigger } from "#ports/results";
import { Strip, stripLength } from "./strip.ts";

export interface CheckState {
  tenantId: string;
  /** Of its series, as in the store of results. */
  checkId: string;
  /** The store's number of the check, once it has told one. */
  checkNo: number;
  /** "pending" before the first result. */
  status: ResultStatus | "pending";
  sinceMs: number;
  /** Runs that were up, without another one between them. */
  goodsInRow: number;
  /** What the newest result said when it was not up. */
  lastFailure: ResultDetail | undefined;
  /** Everything about the newest run, when it was up and somebody may want to look at it; such detail is not stored. JSON while nobody does. */
  lastDetail: ResultDetail | string | undefined;
  strip: Strip;
  /** The strip may be shorter than what is stored: older results were not read yet. */
  stripIsWhole: boolean;
  accountedMs: number;
  /** The latest slot that was ever accounted for; above the watermark only after the clock was set back. */
  latestMs: number;
  /** How often it was. */
  clockSteps: number;
  /** A scheduled run is under way. */
  running: boolean;
  /** Its slot, or that of the last one. */
  runSlotMs: number;
  /** Slot of the newest manual task that was let in. */
  takenManualMs: number;
  /** Missed records that go with the next scheduled result. */
  owed: readonly MissedSlots[];
  /** Runs whose result could not be stored, by the slot of their task, which comes again. */
  givenBack: Map<number, number> | undefined;
  uptime: { ratio: number | undefined; atMs: number } | undefined;
}

const nothing: readonly MissedSlots[] = [];

export function newState(tenantId: string, checkId: string): CheckState {
  return {
    tenantId,
    checkId,
    checkNo: 0,
    status: "pending",
    sinceMs: 0,
    lastFailure: undefined,
    lastDetail: undefined,
    strip: new Strip(),
    stripIsWhole: true,
    accountedMs: 0,
    latestMs: 0,
    goodsInRow: 0,
    clockSteps: 0,
    running: false,
    runSlotMs: 0,
    takenManualMs: 0,
    owed: nothing,
    givenBack: undefined,
    uptime: undefined,
  };
}

export function stateOfTail(tail: CheckTail): CheckState {
  const state = newState(tail.tenantId, tail.checkId);
  for (const result of tail.recent) remember(state, result);
  state.accountedMs = tail.lastSlotMs;
  state.latestMs = tail.lastSlotMs;
  state.stripIsWhole = tail.recent.length >= stripLength || tail.lastSlotMs === 0;
  return state;
}

/** A watermark further ahead of the clock than this means that the clock was set back since. */
const clockSlackMs = 60_000;

/** What of a task says which slots it accounts for. */
export type Slotted = Pick<CheckTask, "slotMs" | "trigger" | "everyMs" | "dueSinceMs" | "earlierSlotsMs" | "gapReason">;

export type Admission = "run" | "known" | "overrun";

/** Whether a task is to be run; accounts for its slot and for those before it. */
export function admit(state: CheckState, task: Slotted, nowMs: number): Admission {
  if (task.trigger !== "schedule") return admitManual(state, task.slotMs);
  const { slotMs } = task;
  const joinableMs = state.accountedMs;
  const givenBack = state.givenBack?.get(slotMs);
  const isExtra = givenBack === undefined && slotMs <= state.latestMs;
  if (givenBack !== undefined) state.givenBack!.delete(slotMs);
  else {
    if (slotMs <= state.accountedMs) {
      if (state.accountedMs <= nowMs + clockSlackMs) return "known";
      state.clockSteps++;
    }
    const before = missedBefore(state, task);
    if (before) state.owed = [...state.owed, before];
    state.accountedMs = slotMs;
    state.latestMs = Math.max(state.latestMs, slotMs);
  }
  if (state.running) {
    if (!isExtra) oweOverrun(state, slotMs, joinableMs);
    return "overrun";
  }
  state.running = true;
  state.runSlotMs = givenBack ?? (isExtra ? slotMs + state.clockSteps : slotMs);
  return "run";
}

function admitManual(state: CheckState, slotMs: number): Admission {
  if (slotMs === state.takenManualMs || state.strip.hasSlot(slotMs)) return "known";
  state.takenManualMs = slotMs;
  return "run";
}

/** The scheduled slots between the watermark and this task, by arithmetic or as the task lists them. */
function missedBefore({ tenantId, checkId, latestMs }: CheckState, task: Slotted): MissedSlots | undefined {
  const { slotMs, everyMs } = task;
  const since = Math.max(latestMs, task.dueSinceMs - 1);
  const missed = { tenantId, checkId, reason: task.gapReason || "overload" };
  if (everyMs > 0) {
    const count = Math.ceil((slotMs - since) / everyMs) - 1;
    return count > 0 ? { ...missed, firstSlotMs: slotMs - count * everyMs, lastSlotMs: slotMs - everyMs, count } : undefined;
  }
  const earlier = task.earlierSlotsMs.filter((slot) => slot > since);
  return earlier.length > 0 ? { ...missed, firstSlotMs: earlier[0]!, lastSlotMs: earlier.at(-1)!, count: earlier.length } : undefined;
}

/** A run that overruns many slots is one record, which grows as long as it ends where the watermark stood. */
function oweOverrun(state: CheckState, slotMs: number, joinableMs: number): void {
  const { tenantId, checkId, owed } = state;
  const last = owed.at(-1);
  state.owed =
    last?.reason === "overrun" && last.lastSlotMs === joinableMs && slotMs > joinableMs
      ? owed.with(-1, { ...last, lastSlotMs: slotMs, count: last.count + 1 })
      : [...owed, { tenantId, checkId, firstSlotMs: slotMs, lastSlotMs: slotMs, count: 1, reason: "overrun" }];
}

/** The run of a task has ended: gives what is missed, to be stored with its result. */
export function settle(state: CheckState, trigger: Trigger): readonly MissedSlots[] {
  if (trigger === "manual") return [];
  const { owed } = state;
  state.running = false;
  if (owed.length > 0) state.owed = nothing;
  return owed;
}

/** The result of a task could not be stored, nor what was missed with it: the task comes again. */
export function giveBack(state: CheckState, { trigger, slotMs, ranAsMs = slotMs }: { trigger: Trigger; slotMs: number; ranAsMs?: number }, missed: readonly MissedSlots[]): void {
  if (trigger === "manual") {
    state.takenManualMs = 0;
    return;
  }
  (state.givenBack ??= new Map()).set(slotMs, ranAsMs);
  state.owed = [...missed, ...state.owed];
}

/**
 * Takes a stored result in. Of a run like the one before only numbers change: a pointer to something
 * new in each of many old objects would be work for every collection of garbage.
 */
export function remember(state: CheckState, result: StoredResult): void {
  state.checkNo = result.checkNo;
  if (state.status !== result.status) {
    state.status = result.status;
    state.sinceMs = result.slotMs;
  }
  state.goodsInRow = result.status === "up" ? state.goodsInRow + 1 : 0;
  if (state.lastFailure !== result.detail) state.lastFailure = result.detail;
  state.strip.push(result);
}
