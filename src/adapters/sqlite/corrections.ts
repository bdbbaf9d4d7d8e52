import type { CorrectionStore } from "#ports/corrections";
import { correctionOf, type CorrectionRow } from "#ports/rows/corrections";
import type { SqliteStore } from "./connection.ts";

export function createSqliteCorrectionStore(store: SqliteStore): CorrectionStore {
  return {
    async insert(correction, limit) {
      const inserted = await store.write((tx) =>
        tx.run(
          `INSERT INTO corrections (id, tenant_id, check_id, from_ms, to_ms, count_as, reason, created_by, created_at_ms)
           SELECT $id, $tenantId, $checkId, $fromMs, $toMs, $countAs, $reason, $createdBy, $createdAtMs
           WHERE (SELECT count(*) FROM corrections WHERE tenant_id = $tenantId AND check_id = $checkId) < $limit`,
          { ...correction, limit },
        ),
      );
      return inserted === 1;
    },
    async find(tenantId, checkId, id) {
      const row = store.get<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = ? AND check_id = ? AND id = ?", [tenantId, checkId, id]);
      return row && correctionOf(row);
    },
    async remove(tenantId, checkId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM corrections WHERE tenant_id = ? AND check_id = ? AND id = ?", [tenantId, checkId, id]))) === 1;
    },
    async list(tenantId, checkId) {
      return store.all<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = ? AND check_id = ? ORDER BY id DESC", [tenantId, checkId]).map(correctionOf);
    },
    async touching(tenantId, fromMs, toMs) {
      return store.all<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = ? AND to_ms > ? AND from_ms < ? ORDER BY id", [tenantId, fromMs, toMs]).map(correctionOf);
    },
  };
}
