/** Lines of the ledger: the messages of one incident to one channel, one after the other. */
import type { LedgerEvent, LedgerRow } from "#ports/ledger";
import type { Transaction } from "./connection.ts";

export interface Line {
  tenantId: string;
  incidentId: string;
  channelId: string;
}

export const heldForEarlier = "held_for_an_earlier_event";

/** Puts the first unfinished row of a line in front, and every row behind it to wait for it. One that is held keeps its time. */
export async function orderLine(tx: Transaction, line: Line, nowMs: number): Promise<void> {
  if (line.incidentId === "" || line.channelId === "") return;
  const rows = await tx.all<{ id: string; state: string; reason: string; due_at_ms: number; grouped_into: string }>(
    `SELECT id, state, reason, due_at_ms, grouped_into FROM notifications
     WHERE tenant_id = $1 AND incident_id = $2 AND channel_id = $3 AND state IN ('waiting', 'sending') ORDER BY sequence, id`,
    [line.tenantId, line.incidentId, line.channelId],
  );
  const free = ({ state, reason, grouped_into: leader }: (typeof rows)[number]) => state === "waiting" && leader === "" && reason !== heldForEarlier;
  const [first, ...others] = rows;
  if (first && free(first) && first.due_at_ms === 0) await tx.run("UPDATE notifications SET due_at_ms = $1, reason = 'queued' WHERE id = $2", [nowMs, first.id]);
  const back = others.filter((row) => free(row) && row.due_at_ms !== 0).map(({ id }) => id);
  if (back.length > 0) await tx.run("UPDATE notifications SET due_at_ms = 0, reason = 'behind_an_earlier_message' WHERE id = ANY($1::text[])", [back]);
}

/** Whether a row that is due may go. One whose hold is over may still have others before it. */
export async function leads(tx: Transaction, row: LedgerRow, nowMs: number): Promise<boolean> {
  if (row.reason !== heldForEarlier) return true;
  await tx.run("UPDATE notifications SET reason = 'queued' WHERE id = $1", [row.id]);
  await orderLine(tx, row, nowMs);
  return (await tx.get<{ due: number }>("SELECT due_at_ms AS due FROM notifications WHERE id = $1", [row.id]))!.due > 0;
}

/** The event that held ones waited for is here. Gives their channels. */
export async function freeHeld(tx: Transaction, event: LedgerEvent, nowMs: number): Promise<string[]> {
  const rows = await tx.all<{ channel_id: string }>(
    `UPDATE notifications SET due_at_ms = $1, reason = 'queued'
     WHERE tenant_id = $2 AND incident_id = $3 AND sequence = $4 AND state = 'waiting' AND reason = $5 RETURNING channel_id`,
    [nowMs, event.tenantId, event.incidentId, event.sequence + 1, heldForEarlier],
  );
  return rows.map((row) => row.channel_id);
}

/** Whether the receiver may have seen a later message of the line. One that ended as dead was refused, so it does not count. */
export async function isOvertaken(tx: Transaction, { tenantId, incidentId, channelId, sequence }: Line & { sequence: number }): Promise<boolean> {
  if (incidentId === "" || channelId === "") return false;
  const sql = `SELECT 1 AS yes FROM notifications WHERE tenant_id = $1 AND incident_id = $2 AND channel_id = $3 AND sequence > $4
    AND lease > 0 AND state IN ('waiting', 'sending', 'sent') LIMIT 1`;
  return (await tx.get(sql, [tenantId, incidentId, channelId, sequence])) !== undefined;
}

/** Whether the event before this one has not been stored. */
export async function isEarly(tx: Transaction, { tenantId, incidentId, sequence }: LedgerEvent): Promise<boolean> {
  if (incidentId === "" || sequence <= 1) return false;
  const sql = "SELECT 1 AS yes FROM notification_events WHERE tenant_id = $1 AND incident_id = $2 AND sequence = $3 LIMIT 1";
  return (await tx.get(sql, [tenantId, incidentId, sequence - 1])) === undefined;
}
