/** Ledger rows and events as both SQL adapters keep them. */
import type { ChannelType } from "../channels.ts";
import type { DeliveryAttempt, LedgerDraft, LedgerEvent, LedgerFilter, LedgerRow, NotificationState, Settlement } from "../ledger.ts";

const keptAttempts = 50;

export interface NotificationRow {
  id: string;
  tenant_id: string;
  event_id: string;
  event_type: string;
  incident_id: string;
  sequence: number;
  channel_id: string;
  channel_name: string;
  channel_type: ChannelType | "";
  state: NotificationState;
  reason: string;
  created_at_ms: number;
  due_at_ms: number;
  sent_at_ms: number;
  last_error: string;
  tries: number;
  attempts: string;
  reached: string;
  lease: number;
  group_key: string;
  grouped_into: string;
  fallback_for: string;
  because: string;
}

export interface EventRow {
  tenant_id: string;
  id: string;
  type: string;
  at_ms: number;
  incident_id: string;
  sequence: number;
  payload: string;
}

export const insertEvent = `
  INSERT INTO notification_events (tenant_id, id, type, at_ms, incident_id, sequence, payload)
  VALUES ($tenantId, $id, $type, $atMs, $incidentId, $sequence, $payload) ON CONFLICT DO NOTHING`;

export const settleRow = `
  UPDATE notifications SET state = $state, reason = $reason, due_at_ms = $due, sent_at_ms = $sentAtMs, last_error = $lastError,
    tries = tries + 1, attempts = $attempts, reached = $reached
  WHERE tenant_id = $tenantId AND id = $id AND state = 'sending' AND lease = $lease`;

/** Of a new row. */
export function columnsOf(event: LedgerEvent, draft: LedgerDraft) {
  return {
    id: draft.id,
    tenantId: event.tenantId,
    eventId: event.id,
    eventType: event.type,
    incidentId: event.incidentId,
    sequence: event.sequence,
    channelId: draft.channelId,
    channelName: draft.channelName,
    channelType: draft.channelType,
    state: draft.state,
    reason: draft.reason,
    createdAtMs: draft.createdAtMs,
    dueAtMs: draft.nextAttemptAtMs,
    groupKey: draft.grouping?.key ?? "",
    fallbackFor: draft.fallbackFor ?? "",
    because: draft.because ?? "",
  };
}

/** For `settleRow`. */
export function settledColumns(row: LedgerRow, { state, reason, nextAttemptAtMs, sentAtMs, lastError, attempt, reached }: Settlement) {
  return {
    state,
    reason,
    due: state === "waiting" ? nextAttemptAtMs : 0,
    sentAtMs,
    lastError,
    attempts: JSON.stringify([...row.attempts, attempt].slice(-keptAttempts)),
    reached: JSON.stringify(reached),
    tenantId: row.tenantId,
    id: row.id,
    lease: row.lease,
  };
}

export function eventOf(row: EventRow): LedgerEvent {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    type: row.type,
    atMs: row.at_ms,
    incidentId: row.incident_id,
    sequence: row.sequence,
    payload: row.payload,
  };
}

export function rowOf(row: NotificationRow): LedgerRow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    eventId: row.event_id,
    eventType: row.event_type,
    incidentId: row.incident_id,
    sequence: row.sequence,
    channelId: row.channel_id,
    channelName: row.channel_name,
    channelType: row.channel_type,
    state: row.state,
    reason: row.reason,
    createdAtMs: row.created_at_ms,
    nextAttemptAtMs: row.state === "waiting" ? row.due_at_ms : 0,
    sentAtMs: row.sent_at_ms,
    lastError: row.last_error,
    tries: row.tries,
    attempts: JSON.parse(row.attempts) as DeliveryAttempt[],
    reached: JSON.parse(row.reached) as string[],
    lease: row.lease,
    groupKey: row.group_key,
    groupedInto: row.grouped_into,
    fallbackFor: row.fallback_for,
    because: row.because,
  };
}

const conditions = {
  incidentId: "incident_id = $incidentId",
  channelId: "channel_id = $channelId",
  eventType: "event_type = $eventType",
  state: "state = $state",
  cursor: "id < $cursor",
  fromMs: "created_at_ms >= $fromMs",
  toMs: "created_at_ms < $toMs",
} as const;

/** The statement for a list, with its values. */
export function listOf(tenantId: string, { limit, ...filter }: LedgerFilter): { sql: string; values: Record<string, string | number> } {
  const isHeld = filter.state === "held";
  const given = Object.entries({ ...filter, ...(isHeld && { state: "waiting" }) }).filter(([, value]) => value !== "" && value !== 0);
  const where = ["tenant_id = $tenantId", ...given.map(([name]) => conditions[name as keyof typeof conditions]), ...(isHeld ? ["reason LIKE 'held!_%' ESCAPE '!'"] : [])];
  return { sql: `SELECT * FROM notifications WHERE ${where.join(" AND ")} ORDER BY id DESC LIMIT $limit`, values: { ...Object.fromEntries(given), tenantId, limit } };
}

/** Channels that were told of an incident, and last not of its end. `rows` come in the order of the events. */
export function stillTold(rows: readonly Pick<NotificationRow, "channel_id" | "event_type">[]): string[] {
  const newest = new Map(rows.map((row) => [row.channel_id, row.event_type]));
  return [...newest].flatMap(([channelId, type]) => (type === "incident.resolved" ? [] : [channelId]));
}
