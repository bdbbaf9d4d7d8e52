import type { Claimed, ClaimTerms, LedgerDraft, LedgerEvent, LedgerRow, LedgerStore, Settlement } from "#ports/ledger";
import { failpoint } from "#kernel/failpoint";
import { insertEvent, listOf, type NotificationRow, rowOf, settledColumns, settleRow, stillTold } from "#ports/rows/ledger";
import type { PostgresStore, Transaction } from "./connection.ts";
import { gather, membersOf, planned, settleMembers } from "./ledger_groups.ts";
import { createLedgerLanes } from "./ledger_lanes.ts";
import { freeHeld, heldForEarlier, isOvertaken, type Line, leads, orderLine } from "./ledger_lines.ts";
import { insertRow, readEvents } from "./ledger_rows.ts";
import { withoutNul } from "./nul.ts";

interface Due {
  id: string;
  tenant_id: string;
}

export function createPostgresLedgerStore(store: PostgresStore): LedgerStore {
  const lanes = createLedgerLanes();
  const write = <T>(tenantId: string, work: (tx: Transaction) => Promise<T>) => lanes.inTurn(tenantId, () => store.write(work));
  const writeAlone = <T>(work: (tx: Transaction) => Promise<T>) => lanes.alone(() => store.write(work));
  return {
    append: (event, drafts, terms) => write(event.tenantId, (tx) => append(tx, { event, drafts, terms })),

    async hasSequence(tenantId, incidentId, sequence) {
      const sql = "SELECT 1 AS yes FROM notification_events WHERE tenant_id = $1 AND incident_id = $2 AND sequence = $3 LIMIT 1";
      return (await store.get(sql, [tenantId, incidentId, sequence])) !== undefined;
    },

    async claim(terms) {
      await lanes.shared();
      const due = await store.all<Due>(
        "SELECT id, tenant_id FROM notifications WHERE due_at_ms > 0 AND due_at_ms <= $1 AND tenant_id <> ALL($2::text[]) ORDER BY due_at_ms LIMIT $3",
        [terms.nowMs, [...terms.exceptTenants], terms.limit],
      );
      const byTenant = Map.groupBy(due, (row) => row.tenant_id);
      const asked = await Promise.allSettled([...byTenant].map(([tenantId, rows]) => write(tenantId, (tx) => claim(tx, rows, terms))));
      const claimed = asked.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
      const failed = asked.find((one) => one.status === "rejected");
      // What could not be claimed is due as before; what was claimed is on its way.
      if (failed && claimed.length === 0) throw failed.reason;
      const place = new Map(due.map(({ id }, i) => [id, i]));
      return claimed.sort((a, b) => place.get(a.row.id)! - place.get(b.row.id)!);
    },

    settle: (row, settlement) => write(row.tenantId, (tx) => settle(tx, row, settlement)),

    async recover(nowMs) {
      // Only the process that leads recovers, and whoever led before it can write no more: whoever held these leases is gone.
      const sql = "UPDATE notifications SET state = 'waiting', reason = 'interrupted', due_at_ms = $1 WHERE state = 'sending' AND grouped_into";
      return writeAlone(async (tx) => {
        await tx.run(`${sql} <> ''`, [0]);
        return tx.run(`${sql} = ''`, [nowMs]);
      });
    },

    async nextDueAtMs(exceptTenants) {
      await lanes.shared();
      const sql = "SELECT due_at_ms AS due FROM notifications WHERE due_at_ms > 0 AND tenant_id <> ALL($1::text[]) ORDER BY due_at_ms LIMIT 1";
      return (await store.get<{ due: number }>(sql, [[...exceptTenants]]))?.due;
    },

    revive: (tenantId, id, nowMs) => write(tenantId, (tx) => revive(tx, { tenantId, id }, nowMs)),

    async find(tenantId, id) {
      const row = await store.get<NotificationRow>("SELECT * FROM notifications WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && rowOf(row);
    },

    async told(tenantId, incidentId, beforeSequence) {
      const rows = await store.all<{ channel_id: string; event_type: string }>(
        `SELECT channel_id, event_type FROM notifications WHERE tenant_id = $1 AND incident_id = $2 AND sequence < $3 AND state IN ('waiting', 'sending', 'sent')
         ORDER BY sequence, id`,
        [tenantId, incidentId, beforeSequence],
      );
      return stillTold(rows);
    },

    async shift(byMs) {
      await writeAlone(async (tx) => {
        await tx.run("UPDATE notifications SET due_at_ms = greatest(1, due_at_ms + $1) WHERE due_at_ms > 0", [byMs]);
        await tx.run("UPDATE notification_groups SET flushed_at_ms = flushed_at_ms + $1", [byMs]);
      });
    },

    async list(tenantId, filter) {
      const { sql, values } = listOf(tenantId, filter);
      return (await store.all<NotificationRow>(sql, values)).map(rowOf);
    },

    prune: (beforeMs, limit, tenantId = "") => writeAlone((tx) => prune(tx, { beforeMs, limit, tenantId })),
  };
}

async function append(tx: Transaction, { event, drafts, terms }: { event: LedgerEvent; drafts: LedgerDraft[]; terms: ClaimTerms }): Promise<{ added: LedgerRow[]; claimed: Claimed[] }> {
  await tx.run(insertEvent, { ...withoutNul(event) });
  failpoint("mid_ledger_append");
  const added: string[] = [];
  for (const draft of drafts) if (await insertRow(tx, event, await planned(tx, event, draft, terms.nowMs))) added.push(draft.id);
  const touched = [...drafts.map((draft) => draft.channelId), ...(await freeHeld(tx, event, terms.nowMs))];
  for (const channelId of new Set(touched)) await orderLine(tx, { ...event, channelId }, terms.nowMs);
  const due = await tx.all<{ id: string }>(
    "SELECT id FROM notifications WHERE tenant_id = $1 AND event_id = $2 AND state = 'waiting' AND due_at_ms > 0 AND due_at_ms <= $3 ORDER BY id LIMIT $4",
    [event.tenantId, event.id, terms.nowMs, terms.limit],
  );
  const claimed = await leaseAll(tx, due, terms);
  return { added: await readAll(tx, added), claimed };
}

async function settle(tx: Transaction, row: LedgerRow, settlement: Settlement): Promise<LedgerRow | undefined> {
  const changed = await tx.run(settleRow, withoutNul(settledColumns(row, settlement)));
  if (changed === 0) return undefined;
  for (const line of await settleMembers(tx, row, settlement)) await orderLine(tx, line, settlement.nowMs);
  await orderLine(tx, row, settlement.nowMs);
  return read(tx, row.id);
}

async function revive(tx: Transaction, { tenantId, id }: { tenantId: string; id: string }, nowMs: number): Promise<LedgerRow | undefined> {
  const revivable = "state IN ('waiting', 'dead')";
  const asked = await tx.get<NotificationRow>(`SELECT * FROM notifications WHERE tenant_id = $1 AND id = $2 AND ${revivable}`, [tenantId, id]);
  const leader = asked?.grouped_into || id;
  const rows = await tx.all<NotificationRow>(`SELECT * FROM notifications WHERE tenant_id = $1 AND (id = $2 OR grouped_into = $2) AND ${revivable} ORDER BY id`, [tenantId, leader]);
  const together = rows.map(rowOf);
  // The leader may be on its way, or its retention may be over.
  if (asked === undefined || !together.some((row) => row.id === leader)) return undefined;
  for (const row of together) if (row.state === "dead" && (await isOvertaken(tx, row))) return undefined;
  // Its turn comes in a moment, and not before.
  if (asked.reason === heldForEarlier) return rowOf(asked);
  await tx.run(
    "UPDATE notifications SET state = 'waiting', reason = 'retry_requested', due_at_ms = CASE WHEN id = $2 THEN $3::bigint ELSE 0 END, tries = 0 WHERE id = ANY($1::text[])",
    [together.map((row) => row.id), leader, nowMs],
  );
  const lines = new Map(together.map((row): [string, Line] => [row.incidentId, row]));
  for (const line of lines.values()) await orderLine(tx, line, nowMs);
  return read(tx, id);
}

/** Those of one tenant that were due a moment ago, and still are; one that somebody else is just claiming is his. */
async function claim(tx: Transaction, due: readonly Due[], terms: ClaimTerms): Promise<Claimed[]> {
  const rows = await tx.all<{ id: string }>(
    "SELECT id FROM notifications WHERE id = ANY($1::text[]) AND due_at_ms > 0 AND due_at_ms <= $2 ORDER BY due_at_ms, id FOR UPDATE SKIP LOCKED",
    [due.map(({ id }) => id), terms.nowMs],
  );
  return leaseAll(tx, rows, terms);
}

/** One that a leader before it took along is no longer there to be claimed; one whose hold is over still waits for its line. */
async function leaseAll(tx: Transaction, due: readonly { id: string }[], terms: ClaimTerms): Promise<Claimed[]> {
  const claimed: Claimed[] = [];
  for (const { id } of due) {
    const row = await read(tx, id);
    if (row.groupedInto === "" && (await leads(tx, row, terms.nowMs))) claimed.push(await lease(tx, id, terms));
  }
  return claimed;
}

async function lease(tx: Transaction, id: string, terms: ClaimTerms): Promise<Claimed> {
  const leased = await tx.get<NotificationRow>("UPDATE notifications SET state = 'sending', reason = 'attempting', due_at_ms = $1, lease = lease + 1 WHERE id = $2 RETURNING *", [
    terms.leaseUntilMs,
    id,
  ]);
  const row = rowOf(leased!);
  await gather(tx, row, terms.nowMs);
  const events = await readEvents(tx, row.tenantId, [row.eventId]);
  return { row, event: events.get(row.eventId)!, members: await membersOf(tx, row) };
}

async function prune(tx: Transaction, { beforeMs, limit, tenantId: only }: { beforeMs: number; limit: number; tenantId: string }): Promise<number> {
  const old = await tx.all<{ tenant_id: string; event_id: string }>(
    `DELETE FROM notifications WHERE id = ANY(ARRAY(
       SELECT id FROM notifications WHERE created_at_ms < $beforeMs AND state IN ('sent', 'dead', 'skipped') AND ($only::text = '' OR tenant_id = $only) LIMIT $limit))
     RETURNING tenant_id, event_id`,
    { beforeMs, only, limit },
  );
  await tx.run(
    `DELETE FROM notification_events AS events USING (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS given (tenant_id, id)) AS gone
     WHERE events.tenant_id = gone.tenant_id AND events.id = gone.id
       AND NOT EXISTS (SELECT 1 FROM notifications WHERE notifications.tenant_id = gone.tenant_id AND event_id = gone.id)`,
    [old.map((row) => row.tenant_id), old.map((row) => row.event_id)],
  );
  if (only === "") await tx.run("DELETE FROM notification_groups WHERE flushed_at_ms < $1", [beforeMs]);
  return old.length;
}

async function readAll(tx: Transaction, ids: readonly string[]): Promise<LedgerRow[]> {
  const rows = await tx.all<NotificationRow>("SELECT * FROM notifications WHERE id = ANY($1::text[])", [ids]);
  const byId = new Map(rows.map((row) => [row.id, rowOf(row)]));
  return ids.map((id) => byId.get(id)!);
}

async function read(tx: Transaction, id: string): Promise<LedgerRow> {
  return (await readAll(tx, [id]))[0]!;
}
