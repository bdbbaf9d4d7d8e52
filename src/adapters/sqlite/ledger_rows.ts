/** How a row comes into the ledger. */
import type { LedgerDraft, LedgerEvent } from "#ports/ledger";
import { columnsOf } from "#ports/rows/ledger";
import type { Transaction } from "./connection.ts";

/** False when the event already has a row for this channel. */
export function insertRow(tx: Transaction, event: LedgerEvent, draft: LedgerDraft): boolean {
  const added = tx.run(
    `INSERT INTO notifications (id, tenant_id, event_id, event_type, incident_id, sequence, channel_id, channel_name, channel_type,
       state, reason, created_at_ms, due_at_ms, sent_at_ms, last_error, tries, attempts, reached, lease, group_key, fallback_for, because)
     VALUES ($id, $tenantId, $eventId, $eventType, $incidentId, $sequence, $channelId, $channelName, $channelType,
       $state, $reason, $createdAtMs, $dueAtMs, 0, '', 0, '[]', '[]', 0, $groupKey, $fallbackFor, $because)
     ON CONFLICT (tenant_id, event_id, channel_id) DO NOTHING`,
    columnsOf(event, draft),
  );
  return added === 1;
}
