/** The audit log in SQLite. The head is read and moved in the transaction that appends, so a chain never forks. */
import { type AuditEntry, type AuditHead, type AuditStore, auditConditions, chainHash, chainStart } from "#ports/audit";
import type { SqliteStore } from "./connection.ts";

const columns = `tenant_id AS tenantId, seq, id, at_ms AS atMs, actor, actor_type AS actorType, ip, action, subject, outcome,
  detail_json AS detailJson, request_id AS requestId, hash`;

const headOf = "SELECT entries, hash FROM audit_heads WHERE tenant_id = $tenantId";

export function createSqliteAuditStore(store: SqliteStore): AuditStore {
  return {
    append: (draft) =>
      store.write((tx) => {
        const head = tx.get<AuditHead>(headOf, { tenantId: draft.tenantId }) ?? chainStart;
        const placed = { ...draft, seq: head.entries + 1 };
        const entry: AuditEntry = { ...placed, hash: chainHash(head.hash, placed) };
        tx.run(
          `INSERT INTO audit_entries (tenant_id, seq, id, at_ms, actor, actor_type, ip, action, subject, outcome, detail_json, request_id, hash)
           VALUES ($tenantId, $seq, $id, $atMs, $actor, $actorType, $ip, $action, $subject, $outcome, $detailJson, $requestId, $hash)`,
          { ...entry },
        );
        tx.run(
          `INSERT INTO audit_heads (tenant_id, entries, hash) VALUES ($tenantId, $seq, $hash)
           ON CONFLICT (tenant_id) DO UPDATE SET entries = excluded.entries, hash = excluded.hash`,
          { tenantId: entry.tenantId, seq: entry.seq, hash: entry.hash },
        );
        return entry;
      }),

    async newest(tenantId, { beforeSeq, limit, filter }) {
      const { sql, values } = filter ? auditConditions(filter) : { sql: "", values: {} };
      return store.all<AuditEntry>(
        `SELECT ${columns} FROM audit_entries WHERE tenant_id = $tenantId AND seq < $beforeSeq${sql} ORDER BY seq DESC LIMIT $limit`,
        { ...values, tenantId, beforeSeq, limit },
      );
    },

    oldest: async (tenantId, afterSeq, limit) =>
      store.all<AuditEntry>(
        `SELECT ${columns} FROM audit_entries WHERE tenant_id = $tenantId AND seq > $afterSeq ORDER BY seq LIMIT $limit`,
        { tenantId, afterSeq, limit },
      ),

    head: async (tenantId) => store.get<AuditHead>(headOf, { tenantId }) ?? chainStart,
  };
}
