import { AppError } from "#kernel/errors";
import type { NewProtoSet, ProtoSetRecord, ProtoSource, ProtoStore, ReflectionSource } from "#ports/protos";
import type { SqliteStore, Transaction } from "./connection.ts";

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

export function createSqliteProtoStore(store: SqliteStore): ProtoStore {
  return {
    add: (set, maxSets) => store.write((tx) => insert(tx, set, maxSets)),

    async get(tenantId, id) {
      const row = store.get<Row>(`SELECT ${columns} FROM proto_sets WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
      return row && recordOf(row);
    },

    async list(tenantId, limit, cursor) {
      const rows = store.all<Row>(
        `SELECT ${columns} FROM proto_sets WHERE tenant_id = $tenantId AND ($cursor = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit`,
        { tenantId, cursor, limit },
      );
      return rows.map(recordOf);
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
  if (kept >= maxSets) {
    throw new AppError("failed_precondition", `the proto set cannot be stored: ${kept} are kept and ${maxSets} are allowed, delete one first`);
  }
  const { version } = tx.get<{ version: number }>(
    "SELECT coalesce(max(version), 0) + 1 AS version FROM proto_sets WHERE tenant_id = ? AND name = ?",
    [set.tenantId, set.name],
  )!;
  const { sources, descriptors, ...outline } = set;
  const record: ProtoSetRecord = { ...outline, version };
  tx.run(
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
  tx.run("INSERT INTO proto_set_contents (proto_set_id, tenant_id, sources_json, descriptors) VALUES (?, ?, ?, ?)", [
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
