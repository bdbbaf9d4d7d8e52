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

export interface LeaseClaim {
  /** The epoch that the holder believes it has, to renew; 0 to take over. */
  epoch: number;
  nowMs: number;
  ttlMs: number;
}

export interface LeaseStore {
  /**
   * To renew, the epoch must still be the current one. To take over, the lease must be free, expired, or held by an
   * earlier life of the same holder; the epoch rises. Undefined when another has it.
   */
  acquire(name: string, holder: string, claim: LeaseClaim): Promise<Lease | undefined>;
  /** Gives it back early; nothing happens when the epoch is no longer the current one. */
  release(lease: Lease): Promise<void>;
}
