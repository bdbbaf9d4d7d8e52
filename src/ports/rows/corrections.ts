/** Corrections of past outages as both SQL adapters keep them. */
import type { Correction, CountedAs } from "../corrections.ts";

export interface CorrectionRow {
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

export function correctionOf(row: CorrectionRow): Correction {
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
