/**
 * One change of many checks, sent in portions so that one sees how far it is. What one check refuses is told by its name and hinders no
 * other. What was done can be undone for a while by the opposite change. A deletion has no opposite: it is sent only when that while is over,
 * and not at all when the page is closed before.
 */
import { post, Problem } from "./api.ts";
import { changeChecks, checks, forgetChecks, type ListedCheck } from "./checks_store.ts";
import { t } from "./i18n.ts";
import { select } from "./selection.ts";
import { cell } from "./store.ts";

export type BulkChange =
  | { action: "pause" | "resume" | "delete" }
  | { action: "tags"; tags: Readonly<Record<string, string | null>> }
  | { action: "channels"; channels: readonly string[] };

export interface BulkFailure {
  id: string;
  name: string;
  message: string;
}

export interface BulkRun {
  change: BulkChange;
  total: number;
  done: number;
  changed: number;
  failures: readonly BulkFailure[];
  isOver: boolean;
  /** What takes it back; empty for a deletion. */
  undo: readonly UndoStep[];
}

export interface UndoStep {
  ids: readonly string[];
  change: BulkChange;
}

/** What is under way, or was last. */
export const bulkRun = cell<BulkRun | undefined>(undefined);

/** Checks that are about to be deleted and are shown no longer. */
export const leaving = cell<readonly ListedCheck[]>([]);

const portion = 100;
export const undoForMs = 10_000;

interface BulkAnswer {
  items: { id: string; outcome: "changed" | "unchanged" | "failed"; message?: string }[];
}

export async function changeMany(ids: readonly string[], change: BulkChange): Promise<void> {
  if (bulkRun.get()?.isOver === false) return;
  const before = new Map(checks.get()?.map((check) => [check.id, check]));
  let run: BulkRun = { change, total: ids.length, done: 0, changed: 0, failures: [], isOver: false, undo: [] };
  const show = (next: Partial<BulkRun>) => bulkRun.set((run = { ...run, ...next }));
  show({});
  const changed = new Set<string>();
  for (let at = 0; at < ids.length; at += portion) {
    const some = ids.slice(at, at + portion);
    const { items, isLost } = await send(some, change);
    const failures = items.filter(({ outcome }) => outcome === "failed").map(({ id, message = "" }) => ({ id, name: before.get(id)?.name ?? id, message }));
    const now = new Set(items.filter(({ outcome }) => outcome === "changed").map(({ id }) => id));
    for (const id of now) changed.add(id);
    applyHere(now, change);
    show({ done: run.done + some.length, changed: changed.size, failures: [...run.failures, ...failures] });
    // What no answer came to would only fail again, a portion at a time.
    if (isLost && at + portion < ids.length) {
      const rest = ids.slice(at + portion).map((id) => ({ id, name: before.get(id)?.name ?? id, message: t("not tried") }));
      show({ failures: [...run.failures, ...rest] });
      break;
    }
  }
  show({ isOver: true, undo: undoOf([...changed].flatMap((id) => before.get(id) ?? []), change) });
}

async function send(ids: readonly string[], change: BulkChange): Promise<BulkAnswer & { isLost: boolean }> {
  try {
    return { ...(await post<BulkAnswer>("/checks/bulk", { ids, ...change })), isLost: false };
  } catch (error) {
    const message = error instanceof Problem ? (error.fields[0]?.message ?? error.message) : String(error);
    return { items: ids.map((id) => ({ id, outcome: "failed", message })), isLost: true };
  }
}

/** Shown at once; the next reading of the list would show the same. */
function applyHere(ids: ReadonlySet<string>, change: BulkChange): void {
  if (ids.size === 0) return;
  if (change.action === "delete") return forgetChecks(ids);
  changeChecks((check) => (ids.has(check.id) ? changedCheck(check, change) : check));
}

export function changedCheck(check: ListedCheck, change: BulkChange): ListedCheck {
  if (change.action === "tags") return { ...check, tags: Object.fromEntries(Object.entries({ ...check.tags, ...change.tags }).filter((entry): entry is [string, string] => entry[1] !== null)) };
  if (change.action === "channels") return { ...check, channels: change.channels };
  return { ...check, enabled: change.action === "resume" };
}

/** Checks that were different before are taken back to what each was, those that were alike together. */
export function undoOf(before: readonly ListedCheck[], change: BulkChange): UndoStep[] {
  const steps = new Map<string, { ids: string[]; change: BulkChange }>();
  for (const check of before) {
    const back = oppositeFor(check, change);
    if (back === undefined) continue;
    const key = JSON.stringify(back);
    const step = steps.get(key) ?? { ids: [], change: back };
    step.ids.push(check.id);
    steps.set(key, step);
  }
  return [...steps.values()];
}

function oppositeFor(check: ListedCheck, change: BulkChange): BulkChange | undefined {
  if (change.action === "pause") return { action: "resume" };
  if (change.action === "resume") return { action: "pause" };
  if (change.action === "channels") return { action: "channels", channels: check.channels };
  if (change.action === "tags") return { action: "tags", tags: Object.fromEntries(Object.keys(change.tags).map((name) => [name, check.tags[name] ?? null])) };
  return undefined;
}

export async function undoRun(): Promise<void> {
  const { undo = [] } = bulkRun.get() ?? {};
  for (const { ids, change } of undo) await changeMany(ids, change);
  const last = bulkRun.get();
  if (last?.failures.length === 0) bulkRun.set(undefined);
}

export function leave(ids: readonly string[]): void {
  const wanted = new Set(ids);
  leaving.set((checks.get() ?? []).filter(({ id }) => wanted.has(id)));
  bulkRun.set(undefined);
  select([]);
}

export async function deleteLeaving(): Promise<void> {
  const ids = leaving.get().map(({ id }) => id);
  await changeMany(ids, { action: "delete" });
  leaving.set([]);
}
