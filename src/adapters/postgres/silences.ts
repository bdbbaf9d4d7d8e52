import { columnsOf, insertSilence, replaceSilence, silenceOf, type SilenceRow } from "#ports/rows/silences";
import type { SilenceStore } from "#ports/silences";
import type { PostgresStore } from "./connection.ts";

export function createPostgresSilenceStore(store: PostgresStore): SilenceStore {
  return {
    async insert(silence) {
      await store.run(insertSilence, columnsOf(silence));
    },
    async find(tenantId, id) {
      const row = await store.get<SilenceRow>("SELECT * FROM silences WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && silenceOf(row);
    },
    async replace(silence, seenVersion) {
      return (await store.run(replaceSilence, { ...columnsOf(silence), seenVersion })) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM silences WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId, cursor, limit) {
      const sql = "SELECT * FROM silences WHERE tenant_id = $tenantId AND ($cursor::text = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit";
      return (await store.all<SilenceRow>(sql, { tenantId, cursor, limit })).map(silenceOf);
    },
    async unexpired(tenantId, nowMs) {
      return (await store.all<SilenceRow>("SELECT * FROM silences WHERE tenant_id = $1 AND ends_at_ms > $2 ORDER BY id", [tenantId, nowMs])).map(silenceOf);
    },
    prune: (beforeMs, limit) =>
      store.run("DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at_ms < $1 ORDER BY ends_at_ms LIMIT $2)", [beforeMs, limit]),
  };
}
