/** Ledger rows and events as PostgreSQL is asked for them. */
import type { LedgerDraft, LedgerEvent } from "#ports/ledger";
import { columnsOf, eventOf, type EventRow } from "#ports/rows/ledger";
import type { Transaction } from "./connection.ts";
import { withoutNul } from "./nul.ts";

/** False when the event already has a row for this channel. */
export async function insertRow(tx: Transaction, event: LedgerEvent, draft: LedgerDraft): Promise<boolean> {
  const added = await tx.run(
    `INSERT INTO notifications (id, tenant_id, event_id, event_type, incident_id, sequence, channel_id, channel_name, channel_type,
       state, reason, created_at_ms, due_at_ms, group_key, fallback_for, because)
     VALUES ($id, $tenantId, $eventId, $eventType, $incidentId, $sequence, $channelId, $channelName, $channelType,
       $state, $reason, $createdAtMs, $dueAtMs, $groupKey, $fallbackFor, $because)
     ON CONFLICT (tenant_id, event_id, channel_id) DO NOTHING`,
    withoutNul(columnsOf(event, draft)),
  );
  return added === 1;
}

/** By their ids. */
export async function readEvents(tx: Transaction, tenantId: string, ids: readonly string[]): Promise<Map<string, LedgerEvent>> {
  const rows = await tx.all<EventRow>("SELECT * FROM notification_events WHERE tenant_id = $1 AND id = ANY($2::text[])", [tenantId, ids]);
  return new Map(rows.map((row) => [row.id, eventOf(row)]));
}
