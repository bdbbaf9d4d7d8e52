import type { BaselineStore } from "#ports/baselines";
import type { SqliteStore } from "./connection.ts";

interface Row {
  hash: string;
  text: string;
  set_at: number;
}

export function createSqliteBaselineStore(store: SqliteStore): BaselineStore {
  return {
    async get(tenantId, checkId, kind) {
      const row = store.get<Row>("SELECT hash, text, set_at FROM baselines WHERE tenant_id = ? AND check_id = ? AND kind = ?", [tenantId, checkId, kind]);
      return row && { tenantId, checkId, kind, hash: row.hash, text: row.text, setAtMs: row.set_at };
    },
    put: ({ tenantId, checkId, kind, hash, text, setAtMs }) =>
      store.write((tx) => {
        tx.run(
          `INSERT INTO baselines (tenant_id, check_id, kind, hash, text, set_at)
           VALUES ($tenantId, $checkId, $kind, $hash, $text, $setAtMs)
           ON CONFLICT (tenant_id, check_id, kind) DO UPDATE SET hash = excluded.hash, text = excluded.text, set_at = excluded.set_at`,
          { tenantId, checkId, kind, hash, text, setAtMs },
        );
      }),
    remove: async (tenantId, checkId) => (await store.write((tx) => tx.run("DELETE FROM baselines WHERE tenant_id = ? AND check_id = ?", [tenantId, checkId]))) > 0,
  };
}
