/**
 * Leadership that can be checked where it matters: a row with an epoch (fencing token). Whoever takes the lease over raises
 * the epoch, and a write that names an old epoch is refused by the same statement.
 */
export interface Lease {
  name: string;
  holder: string;
  epoch: number;
  untilMs: number;
}

export interface LeaseStore {
  /** Takes the lease when it is free or expired, or renews it when `holder` has it; undefined when another holds it. */
  acquire(name: string, holder: string, nowMs: number, ttlMs: number): Promise<Lease | undefined>;
  /** Gives it back early; nothing happens when the epoch is no longer the current one. */
  release(lease: Lease): Promise<void>;
}
