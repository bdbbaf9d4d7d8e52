/** What one message says: an event as it is, or everything that goes together. Pure. */
import type { Claimed, LedgerEvent } from "#ports/ledger";
import type { EventData, GroupItem } from "./event_data.ts";
import { titleOf } from "./templates/report.ts";
import type { LocaleName } from "./templates/words.ts";

export interface Composed {
  type: string;
  atMs: number;
  data: EventData;
}

/** A person reads no more, and some receivers take no more. */
const mostItems = 100;

export function composed({ row, event, members }: Claimed, locale: LocaleName): Composed {
  const events = [event, ...members.map((member) => member.event)].toSorted((a, b) => a.sequence - b.sequence || a.atMs - b.atMs);
  const newest = [...new Map(events.map((one) => [one.incidentId || one.id, one])).values()];
  // All about one incident: what is true now is all that need be said.
  if (newest.length === 1) return asItself(newest[0]!);
  const type = row.groupKey === "held_by_rate_limit" ? "digest" : "incidents.grouped";
  const { reason } = dataOf(event);
  return {
    type,
    atMs: Math.max(...newest.map((one) => one.atMs)),
    data: { ...(reason !== undefined && { reason }), group: { count: newest.length, items: newest.slice(0, mostItems).map((one) => itemOf(one, locale)) } },
  };
}

function asItself(event: LedgerEvent): Composed {
  return { type: event.type, atMs: event.atMs, data: dataOf(event) };
}

function itemOf(event: LedgerEvent, locale: LocaleName): GroupItem {
  const data = dataOf(event);
  const { incident, check } = data;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    title: titleOf({ type: event.type, atMs: event.atMs, data }, locale),
    incidentId: event.incidentId,
    checkId: text(incident?.["checkId"]),
    checkName: check?.name ?? incident?.checkName ?? "",
    state: text(incident?.["state"]),
    severity: incident?.severity ?? "",
    reason: newestCause(data) || data.reason || "",
    startedAt: text(incident?.["startedAt"]) || null,
  };
}

function newestCause({ incident }: EventData): string {
  const causes = incident?.["causes"];
  const newest = Array.isArray(causes) ? (causes.at(-1) as { message?: string } | undefined) : undefined;
  return newest?.message ?? "";
}

function dataOf(event: LedgerEvent): EventData {
  const { traceparent: _, ...said } = JSON.parse(event.payload) as EventData;
  return said;
}
