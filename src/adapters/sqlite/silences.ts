import type { Matcher } from "#ports/matchers";
import type { Silence, SilenceStore } from "#ports/silences";
import type { SqliteStore } from "./connection.ts";

interface Row {
  id: string;
  tenant_id: string;
  starts_at_ms: number;
  ends_at_ms: number;
  matchers: string;
  comment: string;
  created_by: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export function createSqliteSilenceStore(store: SqliteStore): SilenceStore {
  return {
    async insert(silence) {
      await store.write((tx) =>
        tx.run(
          `INSERT INTO silences (id, tenant_id, starts_at_ms, ends_at_ms, matchers, comment, created_by, version, created_at_ms, updated_at_ms)
           VALUES ($id, $tenantId, $startsAtMs, $endsAtMs, $matchers, $comment, $createdBy, $version, $createdAtMs, $updatedAtMs)`,
          { ...silence, matchers: JSON.stringify(silence.matchers) },
        ),
      );
    },
    async find(tenantId, id) {
      const row = store.get<Row>("SELECT * FROM silences WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && silenceOf(row);
    },
    async replace({ id, tenantId, startsAtMs, endsAtMs, matchers, comment, version, updatedAtMs }, seenVersion) {
      const sql = `UPDATE silences SET starts_at_ms = $startsAtMs, ends_at_ms = $endsAtMs, matchers = $matchers, comment = $comment, version = $version,
        updated_at_ms = $updatedAtMs WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;
      const columns = { id, tenantId, startsAtMs, endsAtMs, matchers: JSON.stringify(matchers), comment, version, updatedAtMs, seenVersion };
      return (await store.write((tx) => tx.run(sql, columns))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM silences WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, cursor, limit) {
      const sql = "SELECT * FROM silences WHERE tenant_id = $tenantId AND ($cursor = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit";
      return store.all<Row>(sql, { tenantId, cursor, limit }).map(silenceOf);
    },
    async unexpired(tenantId, nowMs) {
      return store.all<Row>("SELECT * FROM silences WHERE tenant_id = ? AND ends_at_ms > ? ORDER BY id", [tenantId, nowMs]).map(silenceOf);
    },
    prune: (beforeMs, limit) =>
      store.write((tx) => tx.run("DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at_ms < ? ORDER BY ends_at_ms LIMIT ?)", [beforeMs, limit])),
  };
}

function silenceOf(row: Row): Silence {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    matchers: JSON.parse(row.matchers) as Matcher[],
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    comment: row.comment,
    createdBy: row.created_by,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
