/**
 * The audit log in PostgreSQL. The head of a chain is locked from being read to being moved, so a chain never forks, whichever
 * process appends; those of one process go in one after the other, in the order in which they were asked for.
 */
import { type AuditDraft, type AuditEntry, type AuditHead, type AuditStore, auditConditions, chainHash, chainStart } from "#ports/audit";
import type { PostgresStore, Transaction } from "./connection.ts";

const columns = `tenant_id AS "tenantId", seq, id, at_ms AS "atMs", actor, actor_type AS "actorType", ip, action, subject, outcome,
  detail_json AS "detailJson", request_id AS "requestId", hash`;

const headOf = "SELECT entries, hash FROM audit_heads WHERE tenant_id = $1";

export function createPostgresAuditStore(store: PostgresStore): AuditStore {
  let last: Promise<unknown> = Promise.resolve();

  return {
    append(draft) {
      const appended = last.then(() => store.write((tx) => append(tx, storable(draft))));
      last = appended.catch(() => {});
      return appended;
    },

    newest(tenantId, { beforeSeq, limit, filter }) {
      const { sql, values } = filter ? auditConditions(filter) : { sql: "", values: {} };
      return store.all<AuditEntry>(`SELECT ${columns} FROM audit_entries WHERE tenant_id = $tenantId AND seq < $beforeSeq${sql} ORDER BY seq DESC LIMIT $limit`, {
        ...values,
        tenantId,
        beforeSeq,
        limit,
      });
    },

    oldest: (tenantId, afterSeq, limit) =>
      store.all<AuditEntry>(`SELECT ${columns} FROM audit_entries WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, [tenantId, afterSeq, limit]),

    head: async (tenantId) => (await store.get<AuditHead>(headOf, [tenantId])) ?? chainStart,
  };
}

async function append(tx: Transaction, draft: AuditDraft): Promise<AuditEntry> {
  // Where there is no head yet there is nothing to lock.
  await tx.run("INSERT INTO audit_heads (tenant_id, entries, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [draft.tenantId, chainStart.entries, chainStart.hash]);
  const head = (await tx.get<AuditHead>(`${headOf} FOR UPDATE`, [draft.tenantId]))!;
  const placed = { ...draft, seq: head.entries + 1 };
  const entry: AuditEntry = { ...placed, hash: chainHash(head.hash, placed) };
  await tx.run(
    `INSERT INTO audit_entries (tenant_id, seq, id, at_ms, actor, actor_type, ip, action, subject, outcome, detail_json, request_id, hash)
     VALUES ($tenantId, $seq, $id, $atMs, $actor, $actorType, $ip, $action, $subject, $outcome, $detailJson, $requestId, $hash)`,
    { ...entry },
  );
  await tx.run("UPDATE audit_heads SET entries = $2, hash = $3 WHERE tenant_id = $1", [entry.tenantId, entry.seq, entry.hash]);
  return entry;
}

/** PostgreSQL keeps no NUL in text, and what somebody tried must be on record all the same. */
function storable(draft: AuditDraft): AuditDraft {
  return Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, typeof value === "string" ? value.replaceAll("\0", "\u2400") : value])) as unknown as AuditDraft;
}
