import { columnsOf, insertSilence, replaceSilence, silenceOf, type SilenceRow } from "#ports/rows/silences";
import type { SilenceStore } from "#ports/silences";
import type { SqliteStore } from "./connection.ts";

export function createSqliteSilenceStore(store: SqliteStore): SilenceStore {
  return {
    async insert(silence) {
      await store.write((tx) => tx.run(insertSilence, columnsOf(silence)));
    },
    async find(tenantId, id) {
      const row = store.get<SilenceRow>("SELECT * FROM silences WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && silenceOf(row);
    },
    async replace(silence, seenVersion) {
      return (await store.write((tx) => tx.run(replaceSilence, { ...columnsOf(silence), seenVersion }))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM silences WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, cursor, limit) {
      const sql = "SELECT * FROM silences WHERE tenant_id = $tenantId AND ($cursor = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit";
      return store.all<SilenceRow>(sql, { tenantId, cursor, limit }).map(silenceOf);
    },
    async unexpired(tenantId, nowMs) {
      return store.all<SilenceRow>("SELECT * FROM silences WHERE tenant_id = ? AND ends_at_ms > ? ORDER BY id", [tenantId, nowMs]).map(silenceOf);
    },
    prune: (beforeMs, limit) =>
      store.write((tx) => tx.run("DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at_ms < ? ORDER BY ends_at_ms LIMIT ?)", [beforeMs, limit])),
  };
}
