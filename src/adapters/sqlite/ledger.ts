import type { Claimed, ClaimTerms, LedgerDraft, LedgerEvent, LedgerFilter, LedgerRow, LedgerStore, Settlement } from "#ports/ledger";
import type { SqliteStore, Transaction } from "./connection.ts";
import { eventOf, type EventRow, insertEvent, insertRow, type NotificationRow, rowOf } from "./ledger_rows.ts";

const keptAttempts = 50;
const notOf = "tenant_id NOT IN (SELECT value FROM json_each(?))";
const unfinished = "state IN ('waiting', 'sending')";

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
      return store.write((tx) => tx.all<{ id: string }>(sql, [terms.nowMs, except, terms.limit]).map(({ id }) => lease(tx, id, terms)));
    },

    settle: (row, settlement) => store.write((tx) => settle(tx, row, settlement)),

    async recover(nowMs) {
      // One process owns a SQLite store, so whoever held these leases is gone.
      return store.write((tx) => tx.run("UPDATE notifications SET state = 'waiting', reason = 'interrupted', due_at_ms = ? WHERE state = 'sending'", [nowMs]));
    },

    async nextDueAtMs(exceptTenants) {
      const sql = `SELECT due_at_ms AS due FROM notifications WHERE due_at_ms > 0 AND ${notOf} ORDER BY due_at_ms LIMIT 1`;
      return store.get<{ due: number }>(sql, [JSON.stringify(exceptTenants)])?.due;
    },

    revive: (tenantId, id, nowMs) =>
      store.write((tx) => {
        const changed = tx.run(
          `UPDATE notifications SET state = 'waiting', reason = 'retry_requested', due_at_ms = ?, tries = 0
           WHERE tenant_id = ? AND id = ? AND state IN ('waiting', 'dead')`,
          [nowMs, tenantId, id],
        );
        if (changed === 0) return undefined;
        orderLine(tx, read(tx, id), nowMs);
        return read(tx, id);
      }),

    async find(tenantId, id) {
      const row = store.get<NotificationRow>("SELECT * FROM notifications WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && rowOf(row);
    },

    list: async (tenantId, filter) => list(store, tenantId, filter),

    prune: (beforeMs, limit) => store.write((tx) => prune(tx, beforeMs, limit)),
  };
}

function append(tx: Transaction, { event, drafts, terms }: { event: LedgerEvent; drafts: LedgerDraft[]; terms: ClaimTerms }): { added: LedgerRow[]; claimed: Claimed[] } {
  insertEvent(tx, event);
  const added = drafts.filter((draft) => insertRow(tx, event, draft)).map((draft) => draft.id);
  for (const draft of drafts) orderLine(tx, { ...event, channelId: draft.channelId }, terms.nowMs);
  freeHeld(tx, event, terms.nowMs);
  const due = tx.all<{ id: string }>(
    "SELECT id FROM notifications WHERE tenant_id = ? AND event_id = ? AND state = 'waiting' AND due_at_ms > 0 AND due_at_ms <= ? LIMIT ?",
    [event.tenantId, event.id, terms.nowMs, terms.limit],
  );
  const claimed = due.map(({ id }) => lease(tx, id, terms));
  return { added: added.map((id) => read(tx, id)), claimed };
}

function list(store: SqliteStore, tenantId: string, { incidentId, state, limit, cursor }: LedgerFilter): LedgerRow[] {
  const where = [
    "tenant_id = $tenantId",
    ...(incidentId === "" ? [] : ["incident_id = $incidentId"]),
    ...(state === "" ? [] : ["state = $state"]),
    ...(cursor === "" ? [] : ["id < $cursor"]),
  ];
  const given = Object.entries({ incidentId, state, cursor }).filter(([, value]) => value !== "");
  const sql = `SELECT * FROM notifications WHERE ${where.join(" AND ")} ORDER BY id DESC LIMIT $limit`;
  return store.all<NotificationRow>(sql, { ...Object.fromEntries(given), tenantId, limit }).map(rowOf);
}

function settle(tx: Transaction, row: LedgerRow, settlement: Settlement): LedgerRow | undefined {
  const { state, reason, nextAttemptAtMs, sentAtMs, lastError, attempt, reached, nowMs } = settlement;
  const changed = tx.run(
    `UPDATE notifications SET state = $state, reason = $reason, due_at_ms = $due, sent_at_ms = $sentAtMs, last_error = $lastError,
       tries = tries + 1, attempts = $attempts, reached = $reached
     WHERE tenant_id = $tenantId AND id = $id AND state = 'sending' AND lease = $lease`,
    {
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
    },
  );
  if (changed === 0) return undefined;
  orderLine(tx, row, nowMs);
  return read(tx, row.id);
}

/** Puts the first unfinished row of a line in front, and every row behind it to wait for it. */
function orderLine(tx: Transaction, line: { tenantId: string; incidentId: string; channelId: string }, nowMs: number): void {
  if (line.incidentId === "" || line.channelId === "") return;
  const rows = tx.all<{ id: string; state: string; due_at_ms: number }>(
    `SELECT id, state, due_at_ms FROM notifications WHERE tenant_id = ? AND incident_id = ? AND channel_id = ? AND ${unfinished} ORDER BY sequence, id`,
    [line.tenantId, line.incidentId, line.channelId],
  );
  rows.forEach(({ id, state, due_at_ms: due }, place) => {
    if (state !== "waiting") return;
    if (place === 0 && due === 0) tx.run("UPDATE notifications SET due_at_ms = ?, reason = 'queued' WHERE id = ?", [nowMs, id]);
    if (place > 0 && due !== 0) tx.run("UPDATE notifications SET due_at_ms = 0, reason = 'behind_an_earlier_message' WHERE id = ?", [id]);
  });
}

/** The event that a held one waited for is here. */
function freeHeld(tx: Transaction, event: LedgerEvent, nowMs: number): void {
  tx.run(
    `UPDATE notifications SET due_at_ms = ?, reason = 'queued'
     WHERE tenant_id = ? AND incident_id = ? AND sequence = ? AND state = 'waiting' AND reason = 'held_for_an_earlier_event' AND due_at_ms > 0`,
    [nowMs, event.tenantId, event.incidentId, event.sequence + 1],
  );
}

function lease(tx: Transaction, id: string, terms: ClaimTerms): Claimed {
  tx.run("UPDATE notifications SET state = 'sending', reason = 'attempting', due_at_ms = ?, lease = lease + 1 WHERE id = ?", [terms.leaseUntilMs, id]);
  const row = read(tx, id);
  const event = tx.get<EventRow>("SELECT * FROM notification_events WHERE tenant_id = ? AND id = ?", [row.tenantId, row.eventId])!;
  return { row, event: eventOf(event) };
}

function prune(tx: Transaction, beforeMs: number, limit: number): number {
  const old = tx.all<{ id: string; tenant_id: string; event_id: string }>(
    "SELECT id, tenant_id, event_id FROM notifications WHERE created_at_ms < ? AND state IN ('sent', 'dead', 'skipped') LIMIT ?",
    [beforeMs, limit],
  );
  for (const { id, tenant_id: tenantId, event_id: eventId } of old) {
    tx.run("DELETE FROM notifications WHERE id = ?", [id]);
    tx.run(
      `DELETE FROM notification_events WHERE tenant_id = $tenantId AND id = $eventId
         AND NOT EXISTS (SELECT 1 FROM notifications WHERE tenant_id = $tenantId AND event_id = $eventId)`,
      { tenantId, eventId },
    );
  }
  return old.length;
}

function read(tx: Transaction, id: string): LedgerRow {
  return rowOf(tx.get<NotificationRow>("SELECT * FROM notifications WHERE id = ?", [id])!);
}
