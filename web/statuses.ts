/** The live state of every check. Events are gathered for a moment and applied together, so that a storm costs one redraw. */
import { get } from "./api.ts";
import { listen } from "./events.ts";
import { cell, keyed } from "./store.ts";
import type { CheckStatus, List, Result, ResultStatus, State } from "./types.ts";

export const stripLength = 60;
const home = "default";
const gatherMs = 150;
const letters: Record<ResultStatus, string> = { up: "u", degraded: "g", down: "d", unknown: "n" };

export const statuses = keyed<CheckStatus>();

/** Counts changes of state, which move rows and counts; the results between them only redraw their own row. */
export const stateChanges = cell(0);

type Change = (before: CheckStatus) => CheckStatus;

const gathered = new Map<string, Change[]>();
let flushing: ReturnType<typeof setTimeout> | undefined;

export async function loadStatuses(ids: string[]): Promise<void> {
  const page = await get<List<CheckStatus>>(`/statuses?ids=${ids.join(",")}`);
  storeStatuses(page.items.map((status) => [status.checkId, status] as const));
}

export function followStatuses(): () => void {
  const stops = [
    listen("result", (result) => gather(result.checkId, (before) => withResult(before, result))),
    listen("check.status", (change) => gather(change.checkId, (before) => withState(before, change.state, change.at))),
  ];
  return () => stops.forEach((stop) => stop());
}

export function withState(before: CheckStatus, state: State, since: string): CheckStatus {
  return before.state === state ? before : { ...before, state, since };
}

/**
 * A result that was applied already changes nothing: the stream may repeat itself after it resumes. One of several locations stands for a
 * check, home where it is named; what the others say comes as a change of state.
 */
export function withResult(before: CheckStatus, result: Result): CheckStatus {
  const shown = before.lastResult?.location ?? result.location;
  if (shown !== result.location) return result.location === home ? withResult({ ...before, lastResult: null, strip: "", stripLatencyMs: [] }, result) : before;
  if (before.lastResult && before.lastResult.id === result.id) return before;
  if (before.lastResult && before.lastResult.startedAt > result.startedAt) return before;
  // A list knows a result by when it was due.
  if (before.lastResult?.id === "" && before.lastResult.startedAt === result.scheduledAt) return before;
  return {
    ...before,
    lastResult: result,
    strip: (before.strip + letters[result.status]).slice(-stripLength),
    stripLatencyMs: [...before.stripLatencyMs, result.latencyMs].slice(-stripLength),
  };
}

export function unseen(checkId: string): CheckStatus {
  return { checkId, state: "pending", since: null, lastResult: null, strip: "", stripLatencyMs: [], uptime24h: null };
}

/** Applied to what is known when the moment is over: what was read from the server meanwhile knows more than the events before it. */
function gather(checkId: string, change: Change): void {
  gathered.set(checkId, [...(gathered.get(checkId) ?? []), change]);
  flushing ??= setTimeout(() => {
    flushing = undefined;
    storeStatuses([...gathered].map(([id, changes]) => [id, changes.reduce((status, apply) => apply(status), statuses.get(id) ?? unseen(id))] as const));
    gathered.clear();
  }, gatherMs);
}

export function storeStatuses(entries: readonly (readonly [string, CheckStatus])[]): void {
  const moved = entries.some(([id, status]) => statuses.get(id)?.state !== status.state);
  statuses.put(entries);
  if (moved) stateChanges.set(stateChanges.get() + 1);
}
