import type { Claimed, ClaimTerms, LedgerDraft, LedgerEvent, LedgerRow, LedgerStore, Settlement } from "#ports/ledger";
import { failpoint } from "#kernel/failpoint";
import { eventOf, type EventRow, insertEvent, listOf, type NotificationRow, rowOf, settledColumns, settleRow, stillTold } from "#ports/rows/ledger";
import type { SqliteStore, Transaction } from "./connection.ts";
import { gather, membersOf, planned, settleMembers } from "./ledger_groups.ts";
import { freeHeld, heldForEarlier, isOvertaken, type Line, leads, orderLine } from "./ledger_lines.ts";
import { insertRow } from "./ledger_rows.ts";

const notOf = "tenant_id NOT IN (SELECT value FROM json_each(?))";

export function createSqliteLedgerStore(store: SqliteStore): LedgerStore {
  return {
    append: (event, drafts, terms) => store.write((tx) => append(tx, { event, drafts, terms })),

    async hasSequence(tenantId, incidentId, sequence) {
      const sql = "SELECT 1 AS yes FROM notification_events WHERE tenant_id = ? AND incident_id = ? AND sequence = ?";
      return store.get(sql, [tenantId, incidentId, sequence]) !== undefined;
    },

    async claim(terms) {
      const sql = `SELECT id FROM notifications WHERE due_at_ms > 0 AND due_at_ms <= ? AND ${notOf} ORDER BY due_at_ms LIMIT ?`;
      const except = JSON.stringify(terms.exceptTenants);
      // Asked outside of the writer first: most wake-ups find nothing, and a commit costs an fsync.
      if (store.all(sql, [terms.nowMs, except, Math.min(1, terms.limit)]).length === 0) return [];
      return store.write((tx) => leaseAll(tx, tx.all<{ id: string }>(sql, [terms.nowMs, except, terms.limit]), terms));
    },

    settle: (row, settlement) => store.write((tx) => settle(tx, row, settlement)),

    async recover(nowMs) {
      // One process owns a SQLite store, so whoever held these leases is gone.
      const sql = "UPDATE notifications SET state = 'waiting', reason = 'interrupted', due_at_ms = ? WHERE state = 'sending' AND grouped_into";
      return store.write((tx) => {
        tx.run(`${sql} <> ''`, [0]);
        return tx.run(`${sql} = ''`, [nowMs]);
      });
    },

    async nextDueAtMs(exceptTenants) {
      const sql = `SELECT due_at_ms AS due FROM notifications WHERE due_at_ms > 0 AND ${notOf} ORDER BY due_at_ms LIMIT 1`;
      return store.get<{ due: number }>(sql, [JSON.stringify(exceptTenants)])?.due;
    },

    revive: (tenantId, id, nowMs) => store.write((tx) => revive(tx, { tenantId, id }, nowMs)),

    async find(tenantId, id) {
      const row = store.get<NotificationRow>("SELECT * FROM notifications WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && rowOf(row);
    },

    async told(tenantId, incidentId, beforeSequence) {
      const rows = store.all<{ channel_id: string; event_type: string }>(
        `SELECT channel_id, event_type FROM notifications WHERE tenant_id = ? AND incident_id = ? AND sequence < ? AND state IN ('waiting', 'sending', 'sent')
         ORDER BY sequence, id`,
        [tenantId, incidentId, beforeSequence],
      );
      return stillTold(rows);
    },

    async shift(byMs) {
      await store.write((tx) => {
        tx.run("UPDATE notifications SET due_at_ms = max(1, due_at_ms + ?) WHERE due_at_ms > 0", [byMs]);
        tx.run("UPDATE notification_groups SET flushed_at_ms = flushed_at_ms + ?", [byMs]);
      });
    },

    async list(tenantId, filter) {
      const { sql, values } = listOf(tenantId, filter);
      return store.all<NotificationRow>(sql, values).map(rowOf);
    },

    prune: (beforeMs, limit, tenantId = "") => store.write((tx) => prune(tx, { beforeMs, limit, tenantId })),
  };
}

function append(tx: Transaction, { event, drafts, terms }: { event: LedgerEvent; drafts: LedgerDraft[]; terms: ClaimTerms }): { added: LedgerRow[]; claimed: Claimed[] } {
  tx.run(insertEvent, { ...event });
  failpoint("mid_ledger_append");
  const added = drafts.filter((draft) => insertRow(tx, event, planned(tx, event, draft, terms.nowMs))).map((draft) => draft.id);
  const touched = [...drafts.map((draft) => draft.channelId), ...freeHeld(tx, event, terms.nowMs)];
  for (const channelId of new Set(touched)) orderLine(tx, { ...event, channelId }, terms.nowMs);
  const due = tx.all<{ id: string }>(
    "SELECT id FROM notifications WHERE tenant_id = ? AND event_id = ? AND state = 'waiting' AND due_at_ms > 0 AND due_at_ms <= ? LIMIT ?",
    [event.tenantId, event.id, terms.nowMs, terms.limit],
  );
  const claimed = leaseAll(tx, due, terms);
  return { added: added.map((id) => read(tx, id)), claimed };
}

function settle(tx: Transaction, row: LedgerRow, settlement: Settlement): LedgerRow | undefined {
  const changed = tx.run(settleRow, settledColumns(row, settlement));
  if (changed === 0) return undefined;
  for (const line of settleMembers(tx, row, settlement)) orderLine(tx, line, settlement.nowMs);
  orderLine(tx, row, settlement.nowMs);
  return read(tx, row.id);
}

function revive(tx: Transaction, { tenantId, id }: { tenantId: string; id: string }, nowMs: number): LedgerRow | undefined {
  const revivable = "state IN ('waiting', 'dead')";
  const asked = tx.get<NotificationRow>(`SELECT * FROM notifications WHERE tenant_id = ? AND id = ? AND ${revivable}`, [tenantId, id]);
  const leader = asked?.grouped_into || id;
  const together = tx.all<NotificationRow>(`SELECT * FROM notifications WHERE tenant_id = ? AND (id = ? OR grouped_into = ?) AND ${revivable}`, [tenantId, leader, leader]).map(rowOf);
  // The leader may be on its way, or its retention may be over.
  if (asked === undefined || !together.some((row) => row.id === leader) || together.some((row) => row.state === "dead" && isOvertaken(tx, row))) return undefined;
  // Its turn comes in a moment, and not before.
  if (asked.reason === heldForEarlier) return rowOf(asked);
  for (const row of together) {
    tx.run("UPDATE notifications SET state = 'waiting', reason = 'retry_requested', due_at_ms = ?, tries = 0 WHERE id = ?", [row.id === leader ? nowMs : 0, row.id]);
  }
  const lines = new Map(together.map((row): [string, Line] => [row.incidentId, row]));
  for (const line of lines.values()) orderLine(tx, line, nowMs);
  return read(tx, id);
}

/** One that a leader before it took along is no longer there to be claimed; one whose hold is over still waits for its line. */
function leaseAll(tx: Transaction, due: { id: string }[], terms: ClaimTerms): Claimed[] {
  return due.flatMap(({ id }) => {
    const row = read(tx, id);
    return row.groupedInto === "" && leads(tx, row, terms.nowMs) ? [lease(tx, id, terms)] : [];
  });
}

function lease(tx: Transaction, id: string, terms: ClaimTerms): Claimed {
  tx.run("UPDATE notifications SET state = 'sending', reason = 'attempting', due_at_ms = ?, lease = lease + 1 WHERE id = ?", [terms.leaseUntilMs, id]);
  const row = read(tx, id);
  gather(tx, row, terms.nowMs);
  const event = tx.get<EventRow>("SELECT * FROM notification_events WHERE tenant_id = ? AND id = ?", [row.tenantId, row.eventId])!;
  return { row, event: eventOf(event), members: membersOf(tx, row) };
}

function prune(tx: Transaction, { beforeMs, limit, tenantId: only }: { beforeMs: number; limit: number; tenantId: string }): number {
  const old = tx.all<{ id: string; tenant_id: string; event_id: string }>(
    "SELECT id, tenant_id, event_id FROM notifications WHERE created_at_ms < $beforeMs AND state IN ('sent', 'dead', 'skipped') AND ($only = '' OR tenant_id = $only) LIMIT $limit",
    { beforeMs, only, limit },
  );
  for (const { id, tenant_id: tenantId, event_id: eventId } of old) {
    tx.run("DELETE FROM notifications WHERE id = ?", [id]);
    tx.run(
      `DELETE FROM notification_events WHERE tenant_id = $tenantId AND id = $eventId
         AND NOT EXISTS (SELECT 1 FROM notifications WHERE tenant_id = $tenantId AND event_id = $eventId)`,
      { tenantId, eventId },
    );
  }
  if (only === "") tx.run("DELETE FROM notification_groups WHERE flushed_at_ms < ?", [beforeMs]);
  return old.length;
}

function read(tx: Transaction, id: string): LedgerRow {
  return rowOf(tx.get<NotificationRow>("SELECT * FROM notifications WHERE id = ?", [id])!);
}
