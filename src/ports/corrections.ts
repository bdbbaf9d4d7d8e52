/**
 * What people said of the past of a check: "this hour was not an outage". The log of results stays as it is; a correction lies over
 * it wherever uptime is read. Owned by the incident role. Times are epoch milliseconds.
 */
export const countedAs = ["up", "down", "unknown", "maintenance"] as const;
export type CountedAs = (typeof countedAs)[number];

export interface Correction {
  /** `cor_…`; they sort as they were made, and where two overlap the newer one holds. */
  id: string;
  tenantId: string;
  checkId: string;
  fromMs: number;
  /** Not included. */
  toMs: number;
  countAs: CountedAs;
  reason: string;
  /** `usr_…`, `key_…` or "system". */
  createdBy: string;
  createdAtMs: number;
}

export interface CorrectionStore {
  /** False, and nothing is written, when the check has `limit` corrections already. */
  insert(correction: Correction, limit: number): Promise<boolean>;
  find(tenantId: string, checkId: string, id: string): Promise<Correction | undefined>;
  /** False when there was none. */
  remove(tenantId: string, checkId: string, id: string): Promise<boolean>;
  /** Of one check, newest first. */
  list(tenantId: string, checkId: string): Promise<Correction[]>;
  /** The corrections of a tenant that touch a range, oldest first. */
  touching(tenantId: string, fromMs: number, toMs: number): Promise<Correction[]>;
}
