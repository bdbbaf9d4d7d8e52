import type { CheckStore } from "#ports/checks";
import { checkOf, type CheckRow, columnsOf } from "#ports/rows/checks";
import type { SqliteStore } from "./connection.ts";

const batch = 500;

export function createSqliteCheckStore(store: SqliteStore): CheckStore {
  return {
    insert: (check) =>
      store.write((tx) => {
        tx.run(
          `INSERT INTO checks (id, tenant_id, name, type, version, document, created_at, updated_at)
           VALUES ($id, $tenantId, $name, $type, $version, $document, $createdAt, $updatedAt)`,
          columnsOf(check),
        );
      }),
    async replace(check, seenVersion) {
      const changed = await store.write((tx) =>
        tx.run(
          `UPDATE checks SET name = $name, type = $type, version = $version, document = $document, updated_at = $updatedAt
           WHERE id = $id AND tenant_id = $tenantId AND version = $seenVersion`,
          { ...columnsOf(check), seenVersion },
        ),
      );
      return changed === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM checks WHERE id = ? AND tenant_id = ?", [id, tenantId]))) === 1;
    },
    find(tenantId, id) {
      const row = store.get<CheckRow>("SELECT document FROM checks WHERE id = ? AND tenant_id = ?", [id, tenantId]);
      return Promise.resolve(row && checkOf(row));
    },
    list(tenantId, { limit, cursor, search, type, tags }) {
      const rows = store.all<CheckRow>(
        `SELECT document FROM checks
         WHERE tenant_id = $tenantId AND id > $cursor
           AND ($type = '' OR type = $type)
           AND ($search = '' OR instr(lower(name), lower($search)) > 0)
           AND NOT EXISTS (SELECT 1 FROM json_each($tags) AS wanted
                           WHERE json_extract(document, '$.tags') ->> wanted.key IS NOT wanted.value)
         ORDER BY id LIMIT $limit`,
        { tenantId, cursor, type, search, tags: JSON.stringify(tags), limit },
      );
      return Promise.resolve(rows.map(checkOf));
    },
    async *all() {
      for (let cursor = ""; ; ) {
        const rows = store.all<CheckRow>("SELECT document FROM checks WHERE id > ? ORDER BY id LIMIT ?", [cursor, batch]);
        if (rows.length === 0) return;
        const checks = rows.map(checkOf);
        yield checks;
        cursor = checks.at(-1)!.id;
      }
    },
  };
}
