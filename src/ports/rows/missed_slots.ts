/** Slots that were missed, as both SQL adapters keep them. */
import type { MissedSlots } from "../results.ts";

export interface MissedRow {
  check_no: number;
  first_slot: number;
  last_slot: number;
  slots: number;
  reason: string;
}

export function missedOf({ id, tenantId }: { id: string; tenantId: string }, row: MissedRow): MissedSlots {
  return { tenantId, checkId: id, firstSlotMs: row.first_slot, lastSlotMs: row.last_slot, count: row.slots, reason: row.reason };
}
