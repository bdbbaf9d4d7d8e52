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
export function orderLine(tx: Transaction, line: Line, nowMs: number): void {
  if (line.incidentId === "" || line.channelId === "") return;
  const rows = tx.all<{ id: string; state: string; reason: string; due_at_ms: number; grouped_into: string }>(
    `SELECT id, state, reason, due_at_ms, grouped_into FROM notifications
     WHERE tenant_id = ? AND incident_id = ? AND channel_id = ? AND state IN ('waiting', 'sending') ORDER BY sequence, id`,
    [line.tenantId, line.incidentId, line.channelId],
  );
  rows.forEach(({ id, state, reason, due_at_ms: due, grouped_into: leader }, place) => {
    if (state !== "waiting" || leader !== "" || reason === heldForEarlier) return;
    if (place === 0 && due === 0) tx.run("UPDATE notifications SET due_at_ms = ?, reason = 'queued' WHERE id = ?", [nowMs, id]);
    if (place > 0 && due !== 0) tx.run("UPDATE notifications SET due_at_ms = 0, reason = 'behind_an_earlier_message' WHERE id = ?", [id]);
  });
}

/** Whether a row that is due may go. One whose hold is over may still have others before it. */
export function leads(tx: Transaction, row: LedgerRow, nowMs: number): boolean {
  if (row.reason !== heldForEarlier) return true;
  tx.run("UPDATE notifications SET reason = 'queued' WHERE id = ?", [row.id]);
  orderLine(tx, row, nowMs);
  return tx.get<{ due: number }>("SELECT due_at_ms AS due FROM notifications WHERE id = ?", [row.id])!.due > 0;
}

/** The event that held ones waited for is here. Gives their channels. */
export function freeHeld(tx: Transaction, event: LedgerEvent, nowMs: number): string[] {
  const held = "tenant_id = ? AND incident_id = ? AND sequence = ? AND state = 'waiting' AND reason = ?";
  const of = [event.tenantId, event.incidentId, event.sequence + 1, heldForEarlier];
  const rows = tx.all<{ id: string; channel_id: string }>(`SELECT id, channel_id FROM notifications WHERE ${held}`, of);
  for (const { id } of rows) tx.run("UPDATE notifications SET due_at_ms = ?, reason = 'queued' WHERE id = ?", [nowMs, id]);
  return rows.map((row) => row.channel_id);
}

/** Whether the receiver may have seen a later message of the line. One that ended as dead was refused, so it does not count. */
export function isOvertaken(tx: Transaction, { tenantId, incidentId, channelId, sequence }: Line & { sequence: number }): boolean {
  if (incidentId === "" || channelId === "") return false;
  const sql = `SELECT 1 AS yes FROM notifications WHERE tenant_id = ? AND incident_id = ? AND channel_id = ? AND sequence > ?
    AND lease > 0 AND state IN ('waiting', 'sending', 'sent') LIMIT 1`;
  return tx.get(sql, [tenantId, incidentId, channelId, sequence]) !== undefined;
}

/** Whether the event before this one has not been stored. */
export function isEarly(tx: Transaction, { tenantId, incidentId, sequence }: LedgerEvent): boolean {
  if (incidentId === "" || sequence <= 1) return false;
  const sql = "SELECT 1 AS yes FROM notification_events WHERE tenant_id = ? AND incident_id = ? AND sequence = ?";
  return tx.get(sql, [tenantId, incidentId, sequence - 1]) === undefined;
}
