/** Which rows of the ledger wait for each other, and what becomes of those that another one's message carries. */
import type { Claimed, Grouping, LedgerDraft, LedgerEvent, LedgerRow, Settlement } from "#ports/ledger";
import { eventOf, type EventRow, type NotificationRow, rowOf } from "#ports/rows/ledger";
import type { Transaction } from "./connection.ts";
import { heldForEarlier, isEarly, isOvertaken } from "./ledger_lines.ts";

const minuteMs = 60_000;
/** Rows that came while their channel was at its limit go as one when the minute is over. */
const limited: Grouping = { key: "held_by_rate_limit", waitMs: minuteMs, intervalMs: minuteMs };
/** A message that carries more would be read by nobody and take long to write. */
const mostMembers = 500;

/** The draft with its place: overtaken, held for the event before it, or with its group, and when its message goes out. */
export function planned(tx: Transaction, event: LedgerEvent, draft: LedgerDraft, nowMs: number): LedgerDraft {
  if (draft.state !== "waiting") return draft;
  const { grouping, channelId, holdMs = 0, mostPerMinute } = draft;
  const { grouping: _none, ...alone } = draft;
  if (isOvertaken(tx, { ...event, channelId })) return { ...alone, state: "skipped", reason: "overtaken", nextAttemptAtMs: 0 };
  if (holdMs > 0 && isEarly(tx, event)) return { ...alone, reason: heldForEarlier, nextAttemptAtMs: nowMs + holdMs };
  const line = { tenantId: event.tenantId, channelId };
  // What joins a message that waits already makes no message more.
  const joins = grouping !== undefined && openGroupDueAtMs(tx, { ...line, key: grouping.key }) !== undefined;
  const isOver = !joins && mostPerMinute !== undefined && messagesOfMinute(tx, line, nowMs) >= mostPerMinute;
  const taken = isOver ? limited : grouping;
  if (taken === undefined) return draft;
  const dueAtMs = Math.max(draft.nextAttemptAtMs, groupDueAtMs(tx, { ...line, grouping: taken, nowMs }));
  const reason = isOver ? limited.key : dueAtMs > nowMs ? "held_for_its_group" : draft.reason;
  return { ...draft, grouping: taken, reason, nextAttemptAtMs: dueAtMs };
}

interface GroupPlace {
  tenantId: string;
  channelId: string;
}

/** Rows that wait for the same message count once. A clock that was set back leaves rows of a minute to come, which do not count. */
function messagesOfMinute(tx: Transaction, { tenantId, channelId }: GroupPlace, nowMs: number): number {
  const sql = `SELECT count(DISTINCT CASE WHEN state = 'waiting' AND lease = 0 AND group_key <> '' THEN group_key ELSE id END) AS many
    FROM notifications WHERE tenant_id = ? AND channel_id = ? AND created_at_ms > ? AND created_at_ms <= ?
      AND state <> 'skipped' AND grouped_into = '' AND group_key <> ?`;
  return tx.get<{ many: number }>(sql, [tenantId, channelId, nowMs - minuteMs, nowMs, limited.key])!.many;
}

function openGroupDueAtMs(tx: Transaction, { tenantId, channelId, key }: GroupPlace & { key: string }): number | undefined {
  const sql = "SELECT min(due_at_ms) AS due FROM notifications WHERE tenant_id = ? AND channel_id = ? AND group_key = ? AND state = 'waiting' AND lease = 0 AND due_at_ms > 0";
  return tx.get<{ due: number | null }>(sql, [tenantId, channelId, key])!.due ?? undefined;
}

function groupDueAtMs(tx: Transaction, { tenantId, channelId, grouping, nowMs }: GroupPlace & { grouping: Grouping; nowMs: number }): number {
  const open = openGroupDueAtMs(tx, { tenantId, channelId, key: grouping.key });
  if (open !== undefined) return open;
  const sql = "SELECT flushed_at_ms AS at FROM notification_groups WHERE tenant_id = ? AND channel_id = ? AND group_key = ?";
  const flushed = tx.get<{ at: number }>(sql, [tenantId, channelId, grouping.key])?.at;
  const soonest = nowMs + grouping.waitMs;
  // A clock that was set back must not make a group wait for longer than its interval.
  return flushed === undefined ? soonest : Math.min(Math.max(soonest, flushed + grouping.intervalMs), nowMs + grouping.waitMs + grouping.intervalMs);
}

/** With the first claim of a row of a group: everything that goes with it, settled once for all attempts. */
export function gather(tx: Transaction, lead: LedgerRow, nowMs: number): void {
  if (lead.groupKey === "") return;
  if (lead.lease > 1) {
    tx.run("UPDATE notifications SET state = 'sending', reason = 'grouped' WHERE tenant_id = ? AND grouped_into = ?", [lead.tenantId, lead.id]);
    return;
  }
  tx.run(
    `INSERT OR REPLACE INTO notification_groups (tenant_id, channel_id, group_key, flushed_at_ms) VALUES (?, ?, ?, ?)`,
    [lead.tenantId, lead.channelId, lead.groupKey, nowMs],
  );
  const heads = tx.all<{ id: string; incident_id: string }>(
    `SELECT id, incident_id FROM notifications WHERE tenant_id = ? AND channel_id = ? AND group_key = ? AND state = 'waiting' AND lease = 0
       AND grouped_into = '' AND due_at_ms > 0 ORDER BY id LIMIT ?`,
    [lead.tenantId, lead.channelId, lead.groupKey, mostMembers],
  );
  const taken = new Set(heads.map((head) => head.id));
  const lines = new Set([lead.incidentId, ...heads.map((head) => head.incident_id)].filter((id) => id !== ""));
  for (const incidentId of lines) for (const id of behind(tx, { ...lead, incidentId }, taken)) taken.add(id);
  for (const id of taken) {
    tx.run("UPDATE notifications SET state = 'sending', reason = 'grouped', due_at_ms = 0, grouped_into = ?, lease = lease + 1 WHERE id = ?", [lead.id, id]);
  }
}

/** What comes after a row of the message in its line, up to the first that must go by itself: the order of a line holds across messages. */
function behind(tx: Transaction, line: LedgerRow, taken: ReadonlySet<string>): string[] {
  const rows = tx.all<{ id: string; goesAlong: number }>(
    `SELECT id, (state = 'waiting' AND lease = 0 AND grouped_into = '' AND due_at_ms = 0 AND group_key <> '') AS goesAlong FROM notifications
     WHERE tenant_id = ? AND incident_id = ? AND channel_id = ? AND state IN ('waiting', 'sending') ORDER BY sequence, id`,
    [line.tenantId, line.incidentId, line.channelId],
  );
  const after = rows.filter((row) => row.id !== line.id && !taken.has(row.id));
  const end = after.findIndex((row) => row.goesAlong === 0);
  return after.slice(0, end < 0 ? after.length : end).map((row) => row.id);
}

export function membersOf(tx: Transaction, lead: LedgerRow): Claimed["members"] {
  const rows = tx.all<NotificationRow>("SELECT * FROM notifications WHERE tenant_id = ? AND grouped_into = ? ORDER BY id", [lead.tenantId, lead.id]).map(rowOf);
  return rows.map((row) => ({ row, event: eventOf(tx.get<EventRow>("SELECT * FROM notification_events WHERE tenant_id = ? AND id = ?", [row.tenantId, row.eventId])!) }));
}

/** The members end, or wait, as their leader does. Gives the lines that may go on. */
export function settleMembers(tx: Transaction, lead: LedgerRow, { state, reason, sentAtMs, lastError }: Settlement): { tenantId: string; incidentId: string; channelId: string }[] {
  const members = tx.all<{ incident_id: string }>("SELECT DISTINCT incident_id FROM notifications WHERE tenant_id = ? AND grouped_into = ?", [lead.tenantId, lead.id]);
  if (members.length === 0) return [];
  tx.run(
    `UPDATE notifications SET state = $state, reason = $reason, sent_at_ms = $sentAtMs, last_error = $lastError, tries = tries + 1
     WHERE tenant_id = $tenantId AND grouped_into = $id`,
    { state, reason: state === "sent" ? "delivered_in_a_group" : reason, sentAtMs, lastError, tenantId: lead.tenantId, id: lead.id },
  );
  return members.map((member) => ({ tenantId: lead.tenantId, incidentId: member.incident_id, channelId: lead.channelId }));
}
