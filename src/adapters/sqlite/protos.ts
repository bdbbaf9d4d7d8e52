import type { NewProtoSet, ProtoSetRecord, ProtoSource, ProtoStore } from "#ports/protos";
import { assertRoom, columnsOf, insertContents, insertSet, protoSetColumns, protoSetOf, type ProtoSetRow } from "#ports/rows/protos";
import type { SqliteStore, Transaction } from "./connection.ts";

export function createSqliteProtoStore(store: SqliteStore): ProtoStore {
  return {
    add: (set, maxSets) => store.write((tx) => insert(tx, set, maxSets)),

    async get(tenantId, id) {
      const row = store.get<ProtoSetRow>(`SELECT ${protoSetColumns} FROM proto_sets WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
      return row && protoSetOf(row);
    },

    async list(tenantId, limit, cursor) {
      const rows = store.all<ProtoSetRow>(
        `SELECT ${protoSetColumns} FROM proto_sets WHERE tenant_id = $tenantId AND ($cursor = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit`,
        { tenantId, cursor, limit },
      );
      return rows.map(protoSetOf);
    },

    async descriptors(tenantId, id) {
      const sql = "SELECT descriptors FROM proto_set_contents WHERE tenant_id = ? AND proto_set_id = ?";
      return store.get<{ descriptors: Uint8Array }>(sql, [tenantId, id])?.descriptors;
    },

    async sources(tenantId, id) {
      const sql = "SELECT sources_json FROM proto_set_contents WHERE tenant_id = ? AND proto_set_id = ?";
      const row = store.get<{ sources_json: string }>(sql, [tenantId, id]);
      return row && (JSON.parse(row.sources_json) as ProtoSource[]);
    },

    delete: (tenantId, id) => store.write((tx) => tx.run("DELETE FROM proto_sets WHERE tenant_id = ? AND id = ?", [tenantId, id]) > 0),
  };
}

function insert(tx: Transaction, set: NewProtoSet, maxSets: number): ProtoSetRecord {
  const { kept } = tx.get<{ kept: number }>("SELECT count(*) AS kept FROM proto_sets WHERE tenant_id = ?", [set.tenantId])!;
  assertRoom(kept, maxSets);
  const { version } = tx.get<{ version: number }>(
    "SELECT coalesce(max(version), 0) + 1 AS version FROM proto_sets WHERE tenant_id = ? AND name = ?",
    [set.tenantId, set.name],
  )!;
  const { sources, descriptors, ...outline } = set;
  const record: ProtoSetRecord = { ...outline, version };
  tx.run(insertSet, columnsOf(record));
  tx.run(insertContents, { id: set.id, tenantId: set.tenantId, sources: JSON.stringify(sources), descriptors });
  return record;
}
