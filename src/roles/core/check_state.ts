/**
 * What core remembers of each check between runs: its recent results (the strip), its state, and up to which slot every
 * slot is accounted for.
 *
 * Accounting. A slot ends as a result or as a missed record. Slots of a check come in order, so one watermark is enough:
 * everything up to `accountedMs` has one or the other. When a result comes, the slots of the schedule between the watermark
 * and it are missed, for the reason its task gives; slots that came while the check was still running are missed as
 * `overrun`. Both are stored in the transaction of the result, so a crash can neither lose nor double them.
 */
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import type { CheckTail, MissedSlots, ResultDetail, ResultStatus, StoredResult } from "#ports/results";

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
  /** Slot of the newest task that was taken. */
  takenMs: number;
  /** Slots that came while a run lasted. */
  overrun: { firstMs: number; lastMs: number; count: number } | undefined;
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
    takenMs: 0,
    overrun: undefined,
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

/** True when the slot of this task has a result already: the task was delivered twice. */
export function isKnown(state: CheckState, slotMs: number): boolean {
  for (let i = state.strip.length - 1; i >= 0; i--) if (state.strip[i]!.slotMs === slotMs) return true;
  return false;
}

export function noteOverrun(state: CheckState, slotMs: number): void {
  if (!state.overrun) state.overrun = { firstMs: slotMs, lastMs: slotMs, count: 1 };
  else if (slotMs > state.overrun.lastMs) state.overrun = { ...state.overrun, lastMs: slotMs, count: state.overrun.count + 1 };
}

/** What is missed around a result, to be stored with it; moves the watermark. */
export function account(state: CheckState, task: CheckTask): MissedSlots[] {
  if (task.trigger !== "schedule") return [];
  const missed: MissedSlots[] = [];
  const own = { tenantId: state.tenantId, checkId: state.checkId };
  const since = Math.max(state.accountedMs, task.dueSinceMs - 1);
  const reason = task.gapReason || "overload";
  if (task.everyMs > 0) {
    const count = Math.ceil((task.slotMs - since) / task.everyMs) - 1;
    if (count > 0) missed.push({ ...own, firstSlotMs: task.slotMs - count * task.everyMs, lastSlotMs: task.slotMs - task.everyMs, count, reason });
  } else {
    const earlier = task.earlierSlotsMs.filter((slot) => slot > since);
    if (earlier.length > 0) missed.push({ ...own, firstSlotMs: earlier[0]!, lastSlotMs: earlier.at(-1)!, count: earlier.length, reason });
  }
  state.accountedMs = Math.max(state.accountedMs, task.slotMs);
  if (state.overrun) {
    const { firstMs, lastMs, count } = state.overrun;
    missed.push({ ...own, firstSlotMs: firstMs, lastSlotMs: lastMs, count, reason: "overrun" });
    state.accountedMs = Math.max(state.accountedMs, lastMs);
    state.overrun = undefined;
  }
  return missed;
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
