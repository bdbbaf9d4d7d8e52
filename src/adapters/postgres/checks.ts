import { fromJson, toJson, type JsonObject } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStore } from "#ports/checks";
import type { PostgresStore } from "./connection.ts";

interface Row {
  document: string;
}

const batch = 500;

export function createPostgresCheckStore(store: PostgresStore): CheckStore {
  return {
    async insert(check) {
      await store.run(
        `INSERT INTO checks (id, tenant_id, name, type, version, tags, document, created_at, updated_at)
         VALUES ($id, $tenantId, $name, $type, $version, $tags, $document, $createdAt, $updatedAt)`,
        columnsOf(check),
      );
    },
    async replace(check, seenVersion) {
      const { createdAt: _, ...columns } = columnsOf(check);
      const changed = await store.run(`UPDATE checks SET name = $name, type = $type, version = $version, tags = $tags, document = $document, updated_at = $updatedAt
           WHERE id = $id AND tenant_id = $tenantId AND version = $seenVersion`,
          { ...columns, seenVersion },);
      return changed === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM checks WHERE id = $1 AND tenant_id = $2", [id, tenantId])) === 1;
    },
    async find(tenantId, id) {
      const row = await store.get<Row>("SELECT document FROM checks WHERE id = $1 AND tenant_id = $2", [id, tenantId]);
      return row && checkOf(row);
    },
    async list(tenantId, { limit, cursor, search, type, tags }) {
      const rows = await store.all<Row>(
        `SELECT document FROM checks
         WHERE tenant_id = $tenantId AND id > $cursor
           AND ($type::text = '' OR type = $type::text)
           AND ($search::text = '' OR strpos(lower(name), lower($search::text)) > 0)
           AND tags @> $tags::text[]
         ORDER BY id LIMIT $limit`,
        { tenantId, cursor, type, search, tags: tagsOf(tags), limit },
      );
      return rows.map(checkOf);
    },
    async *all() {
      for (let cursor = ""; ; ) {
        const rows = await store.all<Row>("SELECT document FROM checks WHERE id > $1 ORDER BY id LIMIT $2", [cursor, batch]);
        if (rows.length === 0) return;
        const checks = rows.map(checkOf);
        yield checks;
        cursor = checks.at(-1)!.id;
      }
    },
  };
}

function columnsOf(check: Check) {
  return {
    id: check.id,
    tenantId: check.tenantId,
    name: check.name,
    type: check.type,
    version: check.version,
    tags: tagsOf(check.tags),
    document: JSON.stringify(toJson(CheckSchema, check)),
    createdAt: check.createdAtMs,
    updatedAt: check.updatedAtMs,
  };
}

function tagsOf(tags: Record<string, string>): string[] {
  return Object.entries(tags).map((entry) => JSON.stringify(entry));
}

/** Of a document as it is kept. */
export function tagsOfDocument(document: string): string[] {
  return tagsOf(checkOf({ document }).tags);
}

function checkOf(row: Row): Check {
  return fromJson(CheckSchema, JSON.parse(row.document) as JsonObject);
}
