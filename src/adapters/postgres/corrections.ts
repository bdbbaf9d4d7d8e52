import type { CorrectionStore } from "#ports/corrections";
import { correctionOf, type CorrectionRow } from "#ports/rows/corrections";
import type { PostgresStore } from "./connection.ts";
import { lockFor } from "./locks.ts";

export function createPostgresCorrectionStore(store: PostgresStore): CorrectionStore {
  return {
    async insert(correction, limit) {
      const inserted = await store.write(async (tx) => {
        await lockFor(tx, "corrections", `${correction.tenantId} ${correction.checkId}`);
        return tx.run(
          `INSERT INTO corrections (id, tenant_id, check_id, from_ms, to_ms, count_as, reason, created_by, created_at_ms)
           SELECT $id, $tenantId, $checkId, $fromMs::bigint, $toMs::bigint, $countAs, $reason, $createdBy, $createdAtMs::bigint
           WHERE (SELECT count(*) FROM corrections WHERE tenant_id = $tenantId AND check_id = $checkId) < $limit::integer`,
          { ...correction, limit },
        );
      });
      return inserted === 1;
    },
    async find(tenantId, checkId, id) {
      const row = await store.get<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = $1 AND check_id = $2 AND id = $3", [tenantId, checkId, id]);
      return row && correctionOf(row);
    },
    async remove(tenantId, checkId, id) {
      return (await store.run("DELETE FROM corrections WHERE tenant_id = $1 AND check_id = $2 AND id = $3", [tenantId, checkId, id])) === 1;
    },
    async list(tenantId, checkId) {
      return (await store.all<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = $1 AND check_id = $2 ORDER BY id DESC", [tenantId, checkId])).map(correctionOf);
    },
    async touching(tenantId, fromMs, toMs) {
      return (await store.all<CorrectionRow>("SELECT * FROM corrections WHERE tenant_id = $1 AND to_ms > $2 AND from_ms < $3 ORDER BY id", [tenantId, fromMs, toMs])).map(correctionOf);
    },
  };
}
