/**
 * What core remembers of each check between runs: its recent results (the strip), its state, and up to which slot every
 * slot is accounted for.
 *
 * Accounting. A slot ends as a result or as a missed record, never as both. Slots of a check come in order, so one watermark is
 * enough: everything up to `accountedMs` is stored, under way or owed. A task above it is let in, and the slots of its schedule
 * between the watermark and it are missed, for the reason the task gives; one that comes while the check still runs is missed
 * as `overrun`; one that is not above it was delivered twice or overtaken, and is dropped. What is missed is owed until the
 * next scheduled result and stored in its transaction, so a crash can neither lose nor double it: the watermark is then read
 * from what was stored.
 */
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import type { CheckTail, MissedSlots, ResultDetail, ResultStatus, StoredResult, Trigger } from "#ports/results";

export const stripLength = 60;

export interface CheckState {
  tenantId: string;
  checkId: string;
  /** "pending" before the first result. */
  status: ResultStatus | "pending";
  sinceMs: number;
  last: StoredResult | undefined;
  /** Everything about the newest run when it was up and somebody may want to look at it; such detail is not stored. */
  lastDetail: ResultDetail | undefined;
  /** Newest last, at most `stripLength`. */
  strip: StripEntry[];
  /** The strip may be shorter than what is stored: older results were not read yet. */
  stripIsWhole: boolean;
  accountedMs: number;
  /** A scheduled run is under way. */
  running: boolean;
  /** Slot of the newest manual task that was let in. */
  takenManualMs: number;
  /** Missed records that go with the next scheduled result. */
  owed: readonly MissedSlots[];
  /** Slots whose result could not be stored: their tasks come again. */
  givenBack: Set<number> | undefined;
  uptime: { ratio: number | undefined; atMs: number } | undefined;
}

export interface StripEntry {
  slotMs: number;
  status: ResultStatus;
  latencyMs: number;
}

export function newState(tenantId: string, checkId: string): CheckState {
  return {
    tenantId,
    checkId,
    status: "pending",
    sinceMs: 0,
    last: undefined,
    lastDetail: undefined,
    strip: [],
    stripIsWhole: true,
    accountedMs: 0,
    running: false,
    takenManualMs: 0,
    owed: [],
    givenBack: undefined,
    uptime: undefined,
  };
}

export function stateOfTail(tail: CheckTail): CheckState {
  const state = newState(tail.tenantId, tail.checkId);
  for (const result of tail.recent) remember(state, result);
  state.accountedMs = tail.lastSlotMs;
  state.stripIsWhole = tail.recent.length >= stripLength || tail.lastSlotMs === 0;
  return state;
}

/** A watermark further ahead of the clock than this means that the clock was set back since. */
const clockSlackMs = 60_000;

export type Admission = "run" | "known" | "overrun";

/** Whether a task is to be run; accounts for its slot and for those before it. */
export function admit(state: CheckState, task: CheckTask, nowMs: number): Admission {
  if (task.trigger !== "schedule") return admitManual(state, task.slotMs);
  const { slotMs } = task;
  const joinableMs = state.accountedMs;
  if (!state.givenBack?.delete(slotMs)) {
    if (slotMs <= state.accountedMs) {
      if (state.accountedMs <= nowMs + clockSlackMs) return "known";
      // Or the check would go unwatched until the clock has caught up.
      state.accountedMs = slotMs - 1;
    }
    const before = missedBefore(state, task);
    if (before) state.owed = [...state.owed, before];
    state.accountedMs = slotMs;
  }
  if (state.running) {
    oweOverrun(state, slotMs, joinableMs);
    return "overrun";
  }
  state.running = true;
  return "run";
}

function admitManual(state: CheckState, slotMs: number): Admission {
  if (slotMs === state.takenManualMs || state.strip.some((entry) => entry.slotMs === slotMs)) return "known";
  state.takenManualMs = slotMs;
  return "run";
}

/** The scheduled slots between the watermark and this task, by arithmetic or as the task lists them. */
function missedBefore({ tenantId, checkId, accountedMs }: CheckState, task: CheckTask): MissedSlots | undefined {
  const { slotMs, everyMs } = task;
  const since = Math.max(accountedMs, task.dueSinceMs - 1);
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
  state.owed = [];
  return owed;
}

/** The result of a task could not be stored, nor what was missed with it: the task comes again. */
export function giveBack(state: CheckState, { trigger, slotMs }: { trigger: Trigger; slotMs: number }, missed: readonly MissedSlots[]): void {
  if (trigger === "manual") {
    state.takenManualMs = 0;
    return;
  }
  (state.givenBack ??= new Set()).add(slotMs);
  state.owed = [...missed, ...state.owed];
}

/** Takes a stored result in; gives the state before it. */
export function remember(state: CheckState, result: StoredResult): CheckState["status"] {
  const before = state.status;
  if (before !== result.status) {
    state.status = result.status;
    state.sinceMs = result.slotMs;
  }
  state.last = result;
  state.strip.push({ slotMs: result.slotMs, status: result.status, latencyMs: result.latencyMs });
  if (state.strip.length > stripLength) state.strip.shift();
  return before;
}
