import type { NewProtoSet, ProtoSetRecord, ProtoSource, ProtoStore } from "#ports/protos";
import { assertRoom, columnsOf, insertContents, insertSet, protoSetColumns, protoSetOf, type ProtoSetRow } from "#ports/rows/protos";
import type { PostgresStore, Transaction } from "./connection.ts";
import { lockFor } from "./locks.ts";

export function createPostgresProtoStore(store: PostgresStore): ProtoStore {
  return {
    add: (set, maxSets) => store.write((tx) => insert(tx, set, maxSets)),

    async get(tenantId, id) {
      const row = await store.get<ProtoSetRow>(`SELECT ${protoSetColumns} FROM proto_sets WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
      return row && protoSetOf(row);
    },

    async list(tenantId, limit, cursor) {
      const rows = await store.all<ProtoSetRow>(
        `SELECT ${protoSetColumns} FROM proto_sets WHERE tenant_id = $tenantId AND ($cursor::text = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit`,
        { tenantId, cursor, limit },
      );
      return rows.map(protoSetOf);
    },

    async descriptors(tenantId, id) {
      const sql = "SELECT descriptors FROM proto_set_contents WHERE tenant_id = $1 AND proto_set_id = $2";
      return (await store.get<{ descriptors: Uint8Array }>(sql, [tenantId, id]))?.descriptors;
    },

    async sources(tenantId, id) {
      const sql = "SELECT sources_json FROM proto_set_contents WHERE tenant_id = $1 AND proto_set_id = $2";
      const row = await store.get<{ sources_json: string }>(sql, [tenantId, id]);
      return row && (JSON.parse(row.sources_json) as ProtoSource[]);
    },

    async delete(tenantId, id) {
      return (await store.run("DELETE FROM proto_sets WHERE tenant_id = $1 AND id = $2", [tenantId, id])) > 0;
    },
  };
}

async function insert(tx: Transaction, set: NewProtoSet, maxSets: number): Promise<ProtoSetRecord> {
  await lockFor(tx, "protoSets", set.tenantId);
  const { kept, version } = (await tx.get<{ kept: number; version: number }>(
    "SELECT count(*) AS kept, coalesce(max(version) FILTER (WHERE name = $2), 0) + 1 AS version FROM proto_sets WHERE tenant_id = $1",
    [set.tenantId, set.name],
  ))!;
  assertRoom(kept, maxSets);
  const { sources, descriptors, ...outline } = set;
  const record: ProtoSetRecord = { ...outline, version };
  await tx.run(insertSet, columnsOf(record));
  await tx.run(insertContents, { id: set.id, tenantId: set.tenantId, sources: JSON.stringify(sources), descriptors });
  return record;
}
