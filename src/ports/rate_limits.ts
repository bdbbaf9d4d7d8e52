/** How often somebody may do something. Token buckets: a burst up to the whole quota, then a steady refill. */
export interface Quota {
  /** Names the kind of bucket: "ip", "user", "tenant", "login". */
  name: string;
  /** Tokens a full bucket holds, and how many flow in during one window. */
  limit: number;
  windowMs: number;
}

export interface Verdict {
  allowed: boolean;
  /** Whole tokens left after this one. */
  remaining: number;
  /** Until the bucket is full again. */
  resetAfterMs: number;
  /** Until the next token, 0 when allowed. */
  retryAfterMs: number;
}

export interface RateLimits {
  /** Takes one token from the bucket of `key`. A refusal takes nothing. Never rejects: without its store it limits on its own. */
  take(quota: Quota, key: string): Promise<Verdict>;
  /**
   * Lets at most `limit` different members of `key` in within any window; one that is in stays so, and its time begins anew. A
   * refusal changes nothing. Never rejects either. Until it resets is until the oldest leaves.
   */
  takeDistinct(quota: Quota, key: string, member: string): Promise<Verdict>;
}
