/** Which rows of the ledger wait for each other, and what becomes of those that another one's message carries. */
import type { Claimed, Grouping, LedgerDraft, LedgerEvent, LedgerRow, Settlement } from "#ports/ledger";
import { type NotificationRow, rowOf } from "#ports/rows/ledger";
import type { Transaction } from "./connection.ts";
import { heldForEarlier, isEarly, isOvertaken, type Line } from "./ledger_lines.ts";
import { readEvents } from "./ledger_rows.ts";
import { withoutNul } from "./nul.ts";

const minuteMs = 60_000;
/** Rows that came while their channel was at its limit go as one when the minute is over. */
const limited: Grouping = { key: "held_by_rate_limit", waitMs: minuteMs, intervalMs: minuteMs };
/** A message that carries more would be read by nobody and take long to write. */
const mostMembers = 500;

/** The draft with its place: overtaken, held for the event before it, or with its group, and when its message goes out. */
export async function planned(tx: Transaction, event: LedgerEvent, draft: LedgerDraft, nowMs: number): Promise<LedgerDraft> {
  if (draft.state !== "waiting") return draft;
  const { grouping, channelId, holdMs = 0, mostPerMinute } = draft;
  const { grouping: _none, ...alone } = draft;
  if (await isOvertaken(tx, { ...event, channelId })) return { ...alone, state: "skipped", reason: "overtaken", nextAttemptAtMs: 0 };
  if (holdMs > 0 && (await isEarly(tx, event))) return { ...alone, reason: heldForEarlier, nextAttemptAtMs: nowMs + holdMs };
  const line = { tenantId: event.tenantId, channelId };
  // What joins a message that waits already makes no message more.
  const joins = grouping !== undefined && (await openGroupDueAtMs(tx, { ...line, key: grouping.key })) !== undefined;
  const isOver = !joins && mostPerMinute !== undefined && (await messagesOfMinute(tx, line, nowMs)) >= mostPerMinute;
  const taken = isOver ? limited : grouping;
  if (taken === undefined) return draft;
  const dueAtMs = Math.max(draft.nextAttemptAtMs, await groupDueAtMs(tx, { ...line, grouping: taken, nowMs }));
  const reason = isOver ? limited.key : dueAtMs > nowMs ? "held_for_its_group" : draft.reason;
  return { ...draft, grouping: taken, reason, nextAttemptAtMs: dueAtMs };
}

interface GroupPlace {
  tenantId: string;
  channelId: string;
}

/** Rows that wait for the same message count once. A clock that was set back leaves rows of a minute to come, which do not count. */
async function messagesOfMinute(tx: Transaction, { tenantId, channelId }: GroupPlace, nowMs: number): Promise<number> {
  const sql = `SELECT count(DISTINCT CASE WHEN state = 'waiting' AND lease = 0 AND group_key <> '' THEN group_key ELSE id END) AS many
    FROM notifications WHERE tenant_id = $1 AND channel_id = $2 AND created_at_ms > $3 AND created_at_ms <= $4
      AND state <> 'skipped' AND grouped_into = '' AND group_key <> $5`;
  return (await tx.get<{ many: number }>(sql, [tenantId, channelId, nowMs - minuteMs, nowMs, limited.key]))!.many;
}

async function openGroupDueAtMs(tx: Transaction, { tenantId, channelId, key }: GroupPlace & { key: string }): Promise<number | undefined> {
  const sql = "SELECT min(due_at_ms) AS due FROM notifications WHERE tenant_id = $1 AND channel_id = $2 AND group_key = $3 AND state = 'waiting' AND lease = 0 AND due_at_ms > 0";
  return (await tx.get<{ due: number | null }>(sql, [tenantId, channelId, key]))!.due ?? undefined;
}

async function groupDueAtMs(tx: Transaction, { tenantId, channelId, grouping, nowMs }: GroupPlace & { grouping: Grouping; nowMs: number }): Promise<number> {
  const open = await openGroupDueAtMs(tx, { tenantId, channelId, key: grouping.key });
  if (open !== undefined) return open;
  const sql = "SELECT flushed_at_ms AS at FROM notification_groups WHERE tenant_id = $1 AND channel_id = $2 AND group_key = $3";
  const flushed = (await tx.get<{ at: number }>(sql, [tenantId, channelId, grouping.key]))?.at;
  const soonest = nowMs + grouping.waitMs;
  // A clock that was set back must not make a group wait for longer than its interval.
  return flushed === undefined ? soonest : Math.min(Math.max(soonest, flushed + grouping.intervalMs), nowMs + grouping.waitMs + grouping.intervalMs);
}

/** With the first claim of a row of a group: everything that goes with it, settled once for all attempts. */
export async function gather(tx: Transaction, lead: LedgerRow, nowMs: number): Promise<void> {
  if (lead.groupKey === "") return;
  if (lead.lease > 1) {
    await tx.run("UPDATE notifications SET state = 'sending', reason = 'grouped' WHERE tenant_id = $1 AND grouped_into = $2", [lead.tenantId, lead.id]);
    return;
  }
  await tx.run(
    `INSERT INTO notification_groups (tenant_id, channel_id, group_key, flushed_at_ms) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant_id, channel_id, group_key) DO UPDATE SET flushed_at_ms = excluded.flushed_at_ms`,
    [lead.tenantId, lead.channelId, lead.groupKey, nowMs],
  );
  const heads = await tx.all<{ id: string; incident_id: string }>(
    `SELECT id, incident_id FROM notifications WHERE tenant_id = $1 AND channel_id = $2 AND group_key = $3 AND state = 'waiting' AND lease = 0
       AND grouped_into = '' AND due_at_ms > 0 ORDER BY id LIMIT $4`,
    [lead.tenantId, lead.channelId, lead.groupKey, mostMembers],
  );
  const taken = new Set(heads.map((head) => head.id));
  const lines = new Set([lead.incidentId, ...heads.map((head) => head.incident_id)].filter((id) => id !== ""));
  for (const incidentId of lines) for (const id of await behind(tx, { ...lead, incidentId }, taken)) taken.add(id);
  if (taken.size === 0) return;
  await tx.run("UPDATE notifications SET state = 'sending', reason = 'grouped', due_at_ms = 0, grouped_into = $1, lease = lease + 1 WHERE id = ANY($2::text[])", [lead.id, [...taken]]);
}

/** What comes after a row of the message in its line, up to the first that must go by itself: the order of a line holds across messages. */
async function behind(tx: Transaction, line: LedgerRow, taken: ReadonlySet<string>): Promise<string[]> {
  const rows = await tx.all<{ id: string; goes_along: boolean }>(
    `SELECT id, (state = 'waiting' AND lease = 0 AND grouped_into = '' AND due_at_ms = 0 AND group_key <> '') AS goes_along FROM notifications
     WHERE tenant_id = $1 AND incident_id = $2 AND channel_id = $3 AND state IN ('waiting', 'sending') ORDER BY sequence, id`,
    [line.tenantId, line.incidentId, line.channelId],
  );
  const after = rows.filter((row) => row.id !== line.id && !taken.has(row.id));
  const end = after.findIndex((row) => !row.goes_along);
  return after.slice(0, end < 0 ? after.length : end).map((row) => row.id);
}

export async function membersOf(tx: Transaction, lead: LedgerRow): Promise<Claimed["members"]> {
  // None goes along with one that goes alone.
  if (lead.groupKey === "") return [];
  const rows = (await tx.all<NotificationRow>("SELECT * FROM notifications WHERE tenant_id = $1 AND grouped_into = $2 ORDER BY id", [lead.tenantId, lead.id])).map(rowOf);
  if (rows.length === 0) return [];
  const events = await readEvents(tx, lead.tenantId, [...new Set(rows.map((row) => row.eventId))]);
  return rows.map((row) => ({ row, event: events.get(row.eventId)! }));
}

/** The members end, or wait, as their leader does. Gives the lines that may go on. */
export async function settleMembers(tx: Transaction, lead: LedgerRow, { state, reason, sentAtMs, lastError }: Settlement): Promise<Line[]> {
  if (lead.groupKey === "") return [];
  const members = await tx.all<{ incident_id: string }>("SELECT DISTINCT incident_id FROM notifications WHERE tenant_id = $1 AND grouped_into = $2", [lead.tenantId, lead.id]);
  if (members.length === 0) return [];
  await tx.run(
    `UPDATE notifications SET state = $state, reason = $reason, sent_at_ms = $sentAtMs, last_error = $lastError, tries = tries + 1
     WHERE tenant_id = $tenantId AND grouped_into = $id`,
    withoutNul({ state, reason: state === "sent" ? "delivered_in_a_group" : reason, sentAtMs, lastError, tenantId: lead.tenantId, id: lead.id }),
  );
  return members.map((member) => ({ tenantId: lead.tenantId, incidentId: member.incident_id, channelId: lead.channelId }));
}
