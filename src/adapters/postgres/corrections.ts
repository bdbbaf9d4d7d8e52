import type { Correction, CorrectionStore, CountedAs } from "#ports/corrections";
import type { PostgresStore } from "./connection.ts";
import { lockFor } from "./locks.ts";

interface Row {
  id: string;
  tenant_id: string;
  check_id: string;
  from_ms: number;
  to_ms: number;
  count_as: CountedAs;
  reason: string;
  created_by: string;
  created_at_ms: number;
}

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
      const row = await store.get<Row>("SELECT * FROM corrections WHERE tenant_id = $1 AND check_id = $2 AND id = $3", [tenantId, checkId, id]);
      return row && correctionOf(row);
    },
    async remove(tenantId, checkId, id) {
      return (await store.run("DELETE FROM corrections WHERE tenant_id = $1 AND check_id = $2 AND id = $3", [tenantId, checkId, id])) === 1;
    },
    async list(tenantId, checkId) {
      return (await store.all<Row>("SELECT * FROM corrections WHERE tenant_id = $1 AND check_id = $2 ORDER BY id DESC", [tenantId, checkId])).map(correctionOf);
    },
    async touching(tenantId, fromMs, toMs) {
      return (await store.all<Row>("SELECT * FROM corrections WHERE tenant_id = $1 AND to_ms > $2 AND from_ms < $3 ORDER BY id", [tenantId, fromMs, toMs])).map(correctionOf);
    },
  };
}

function correctionOf(row: Row): Correction {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    checkId: row.check_id,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    countAs: row.count_as,
    reason: row.reason,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
  };
}
