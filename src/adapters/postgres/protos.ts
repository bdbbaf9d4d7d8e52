import { AppError } from "#kernel/errors";
import type { NewProtoSet, ProtoSetRecord, ProtoSource, ProtoStore, ReflectionSource } from "#ports/protos";
import type { PostgresStore, Transaction } from "./connection.ts";
import { lockFor } from "./locks.ts";

interface Row {
  id: string;
  tenant_id: string;
  name: string;
  version: number;
  file_names_json: string;
  services_json: string;
  warnings_json: string;
  messages: number;
  created_at: number;
  reflection_json: string | null;
}

const columns = "id, tenant_id, name, version, file_names_json, services_json, warnings_json, messages, created_at, reflection_json";

export function createPostgresProtoStore(store: PostgresStore): ProtoStore {
  return {
    add: (set, maxSets) => store.write((tx) => insert(tx, set, maxSets)),

    async get(tenantId, id) {
      const row = await store.get<Row>(`SELECT ${columns} FROM proto_sets WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
      return row && recordOf(row);
    },

    async list(tenantId, limit, cursor) {
      const rows = await store.all<Row>(
        `SELECT ${columns} FROM proto_sets WHERE tenant_id = $tenantId AND ($cursor::text = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit`,
        { tenantId, cursor, limit },
      );
      return rows.map(recordOf);
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
  if (kept >= maxSets) {
    throw new AppError("failed_precondition", `the proto set cannot be stored: ${kept} are kept and ${maxSets} are allowed, delete one first`);
  }
  const { sources, descriptors, ...outline } = set;
  const record: ProtoSetRecord = { ...outline, version };
  await tx.run(
    `INSERT INTO proto_sets (${columns})
     VALUES ($id, $tenantId, $name, $version, $fileNames, $services, $warnings, $messages, $createdAtMs, $reflection)`,
    {
      id: record.id,
      tenantId: record.tenantId,
      name: record.name,
      version,
      fileNames: JSON.stringify(record.fileNames),
      services: JSON.stringify(record.services),
      warnings: JSON.stringify(record.warnings),
      messages: record.messages,
      createdAtMs: record.createdAtMs,
      reflection: record.reflection ? JSON.stringify(record.reflection) : null,
    },
  );
  await tx.run("INSERT INTO proto_set_contents (proto_set_id, tenant_id, sources_json, descriptors) VALUES ($1, $2, $3, $4)", [
    set.id,
    set.tenantId,
    JSON.stringify(sources),
    descriptors,
  ]);
  return record;
}

function recordOf(row: Row): ProtoSetRecord {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    version: row.version,
    fileNames: JSON.parse(row.file_names_json) as string[],
    services: JSON.parse(row.services_json) as ProtoSetRecord["services"],
    warnings: JSON.parse(row.warnings_json) as ProtoSetRecord["warnings"],
    messages: row.messages,
    createdAtMs: row.created_at,
    reflection: row.reflection_json === null ? undefined : (JSON.parse(row.reflection_json) as ReflectionSource),
  };
}
