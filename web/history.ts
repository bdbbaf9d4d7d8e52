/** The rows of a history: results, and between them the slots that have none, newest first. */
import type { History, Missed, Result } from "./types.ts";

export type HistoryRow = { kind: "result"; key: string; at: string; result: Result } | { kind: "missed"; key: string; at: string; missed: Missed };

export function historyRows(history: History): HistoryRow[] {
  const results = history.items.map((result): HistoryRow => ({ kind: "result", key: result.id, at: result.startedAt, result }));
  const missed = (history.missed ?? []).map(
    (one): HistoryRow => ({ kind: "missed", key: `missed ${one.firstSlotAt} ${one.reason} ${one.location}`, at: one.lastSlotAt, missed: one }),
  );
  return [...results, ...missed].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** A result that has just come in, on top; the page keeps its length. */
export function withNewest(history: History, result: Result, limit: number): History {
  if (history.items.some((one) => one.id === result.id)) return history;
  return { ...history, items: [result, ...history.items].slice(0, limit) };
}
