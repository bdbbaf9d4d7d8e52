/**
 * Writes down what each window covers while it lasts, so that uptime does not change when somebody edits or deletes the window later.
 *
 * An occurrence is written when it begins, with its planned end. When the checks it covers come or go, when the window is changed,
 * ended or deleted, the span ends there and another one goes on from the same instant. Occurrences that passed while no process ran
 * are written afterwards, with the checks of today. A window acts from when it was saved: the past is for corrections.
 */
import type { MaintenanceSpan, MaintenanceStore } from "#ports/maintenance";
import type { CheckLabels } from "./check_labels.ts";
import type { LiveWindow } from "./live_window.ts";

export interface SpanRecorder {
  /** Brings what is written up to an instant. */
  record(live: LiveWindow, nowMs: number): Promise<void>;
  /** The window is about to be another one, or none. */
  close(live: LiveWindow, nowMs: number): Promise<void>;
}

export async function createSpanRecorder(store: MaintenanceStore, checks: CheckLabels): Promise<SpanRecorder> {
  const newest = new Map((await store.lastSpans()).map((span) => [span.windowId, span]));
  const seen = new Map<string, number>();

  const put = async (span: MaintenanceSpan) => {
    await store.putSpan(span);
    newest.set(span.windowId, span);
  };

  /** The rest of a span that lasts is for other checks. */
  const split = async (span: MaintenanceSpan, atMs: number, checkIds: string[]) => {
    await store.endSpan(span, atMs);
    await put({ ...span, fromMs: Math.max(atMs, span.fromMs), checkIds });
  };

  const record = async (live: LiveWindow, nowMs: number) => {
    const { id: windowId, tenantId, updatedAtMs } = live.window;
    const covered = () => checks.selected(tenantId, live.selects).map((check) => check.id);
    const last = newest.get(windowId);
    if (last && nowMs < last.toMs && last.toMs > updatedAtMs) {
      if (seen.get(windowId) === checks.revision()) return;
      seen.set(windowId, checks.revision());
      const checkIds = covered();
      if (checkIds.join() !== last.checkIds.join()) await split(last, nowMs, checkIds);
      return;
    }
    let doneMs = Math.max(updatedAtMs, last?.toMs ?? 0);
    for (let next = live.occurrenceAt(doneMs) ?? live.nextAfter(doneMs); next && next.startMs <= nowMs; next = live.nextAfter(next.startMs)) {
      if (next.endMs <= doneMs) continue;
      await put(joined(newest.get(windowId), { tenantId, windowId, fromMs: Math.max(next.startMs, doneMs), toMs: next.endMs, checkIds: covered() }));
      doneMs = next.endMs;
    }
    seen.set(windowId, checks.revision());
  };

  return {
    record: async (live, nowMs) => (checks.complete() ? record(live, nowMs) : undefined),
    async close(live, nowMs) {
      if (checks.complete()) await record(live, nowMs);
      const last = newest.get(live.window.id);
      if (!last || nowMs >= last.toMs) return;
      await store.endSpan(last, nowMs);
      newest.set(live.window.id, { ...last, toMs: Math.max(nowMs, last.fromMs) });
    },
  };
}

/** Occurrences without a gap are one span, or a window that comes every minute would fill the disk. */
function joined(before: MaintenanceSpan | undefined, span: MaintenanceSpan): MaintenanceSpan {
  const isOne = before !== undefined && before.toMs === span.fromMs && before.checkIds.join() === span.checkIds.join();
  return isOne ? { ...span, fromMs: before.fromMs } : span;
}
