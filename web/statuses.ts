/** The live state of every check. Events are gathered for a moment and applied together, so that a storm costs one redraw. */
import { get } from "./api.ts";
import { listen } from "./events.ts";
import { cell, keyed } from "./store.ts";
import type { CheckStatus, List, Result, ResultStatus, State } from "./types.ts";

export const stripLength = 60;
const gatherMs = 150;
const letters: Record<ResultStatus, string> = { up: "u", degraded: "g", down: "d", unknown: "n" };

export const statuses = keyed<CheckStatus>();

/** Counts changes of state, which move rows and counts; the results between them only redraw their own row. */
export const stateChanges = cell(0);

const gathered = new Map<string, CheckStatus>();
let flushing: ReturnType<typeof setTimeout> | undefined;

export async function loadStatuses(ids?: string[]): Promise<void> {
  const page = await get<List<CheckStatus>>(ids ? `/statuses?ids=${ids.join(",")}` : "/statuses?brief=true");
  store(page.items.map((status) => [status.checkId, status] as const));
}

export function followStatuses(): () => void {
  const stops = [
    listen("result", (result) => gather(result.checkId, (before) => withResult(before, result))),
    listen("check.status", (change) => gather(change.checkId, (before) => withState(before, change.state, change.at))),
    listen("resumed", () => void loadStatuses().catch(() => undefined)),
  ];
  return () => stops.forEach((stop) => stop());
}

export function withState(before: CheckStatus, state: State, since: string): CheckStatus {
  return before.state === state ? before : { ...before, state, since };
}

/** A result that was applied already changes nothing: the stream may repeat itself after it resumes. */
export function withResult(before: CheckStatus, result: Result): CheckStatus {
  if (before.lastResult && before.lastResult.id === result.id) return before;
  if (before.lastResult && before.lastResult.startedAt > result.startedAt) return before;
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

function gather(checkId: string, change: (before: CheckStatus) => CheckStatus): void {
  gathered.set(checkId, change(gathered.get(checkId) ?? statuses.get(checkId) ?? unseen(checkId)));
  flushing ??= setTimeout(() => {
    flushing = undefined;
    store([...gathered]);
    gathered.clear();
  }, gatherMs);
}

function store(entries: readonly (readonly [string, CheckStatus])[]): void {
  const moved = entries.some(([id, status]) => statuses.get(id)?.state !== status.state);
  statuses.put(entries);
  if (moved) stateChanges.set(stateChanges.get() + 1);
}
