import type { CheckStore } from "#ports/checks";
import { checkOf, type CheckRow, columnsOf } from "#ports/rows/checks";
import type { PostgresStore } from "./connection.ts";

const batch = 500;

export function createPostgresCheckStore(store: PostgresStore): CheckStore {
  return {
    async insert(check) {
      await store.run(
        `INSERT INTO checks (id, tenant_id, name, type, version, tags, document, created_at, updated_at)
         VALUES ($id, $tenantId, $name, $type, $version, $tags, $document, $createdAt, $updatedAt)`,
        { ...columnsOf(check), tags: tagsOf(check.tags) },
      );
    },
    async replace(check, seenVersion) {
      const changed = await store.run(
        `UPDATE checks SET name = $name, type = $type, version = $version, tags = $tags, document = $document, updated_at = $updatedAt
         WHERE id = $id AND tenant_id = $tenantId AND version = $seenVersion`,
        { ...columnsOf(check), tags: tagsOf(check.tags), seenVersion },
      );
      return changed === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM checks WHERE id = $1 AND tenant_id = $2", [id, tenantId])) === 1;
    },
    async find(tenantId, id) {
      const row = await store.get<CheckRow>("SELECT document FROM checks WHERE id = $1 AND tenant_id = $2", [id, tenantId]);
      return row && checkOf(row);
    },
    async list(tenantId, { limit, cursor, search, type, tags }) {
      const rows = await store.all<CheckRow>(
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
        const rows = await store.all<CheckRow>("SELECT document FROM checks WHERE id > $1 ORDER BY id LIMIT $2", [cursor, batch]);
        if (rows.length === 0) return;
        const checks = rows.map(checkOf);
        yield checks;
        cursor = checks.at(-1)!.id;
      }
    },
  };
}

function tagsOf(tags: Record<string, string>): string[] {
  return Object.entries(tags).map((entry) => JSON.stringify(entry));
}

/** Of a document as it is kept. */
export function tagsOfDocument(document: string): string[] {
  return tagsOf(checkOf({ document }).tags);
}
