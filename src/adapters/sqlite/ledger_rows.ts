/** Ledger rows and events as SQL knows them. */
import type { ChannelType } from "#ports/channels";
import type { DeliveryAttempt, LedgerDraft, LedgerEvent, LedgerRow, NotificationState } from "#ports/ledger";
import type { Transaction } from "./connection.ts";

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

export function insertEvent(tx: Transaction, event: LedgerEvent): void {
  tx.run(
    `INSERT INTO notification_events (tenant_id, id, type, at_ms, incident_id, sequence, payload)
     VALUES ($tenantId, $id, $type, $atMs, $incidentId, $sequence, $payload) ON CONFLICT DO NOTHING`,
    { ...event },
  );
}

/** False when the event already has a row for this channel. */
export function insertRow(tx: Transaction, event: LedgerEvent, draft: LedgerDraft): boolean {
  const added = tx.run(
    `INSERT INTO notifications (id, tenant_id, event_id, event_type, incident_id, sequence, channel_id, channel_name, channel_type,
       state, reason, created_at_ms, due_at_ms, sent_at_ms, last_error, tries, attempts, reached, lease, group_key, fallback_for, because)
     VALUES ($id, $tenantId, $eventId, $eventType, $incidentId, $sequence, $channelId, $channelName, $channelType,
       $state, $reason, $createdAtMs, $dueAtMs, 0, '', 0, '[]', '[]', 0, $groupKey, $fallbackFor, $because)
     ON CONFLICT (tenant_id, event_id, channel_id) DO NOTHING`,
    {
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
    },
  );
  return added === 1;
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
