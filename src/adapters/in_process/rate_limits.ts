/**
 * Token buckets in the memory of this process. Bounded: what was not asked for longest goes first, and since a bucket
 * only fills while nobody asks, the one that goes is the one that comes closest to a new, full one.
 */
import type { Clock } from "#kernel/clock";
import type { Quota, RateLimits, Verdict } from "#ports/rate_limits";
import { createDistinctLimits } from "./distinct_limits.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

const mostBuckets = 100_000;

export function createRateLimits(clock: Clock, maxBuckets = mostBuckets): RateLimits {
  const buckets = new Map<string, Bucket>();

  const take = ({ name, limit, windowMs }: Quota, key: string): Verdict => {
    const now = clock.monotonic();
    const id = `${name}\n${key}`;
    const perMs = limit / windowMs;
    const bucket = buckets.get(id) ?? { tokens: limit, atMs: now };
    // A rounding error of the refill must not make somebody wait for one more millisecond.
    bucket.tokens = Math.min(limit, bucket.tokens + (now - bucket.atMs) * perMs + 1e-9);
    bucket.atMs = now;
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;

    // Taken out and put back in, so that the map's order is the order of last use.
    buckets.delete(id);
    buckets.set(id, bucket);
    if (buckets.size > maxBuckets) buckets.delete(buckets.keys().next().value!);

    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      resetAfterMs: Math.ceil((limit - bucket.tokens) / perMs),
      retryAfterMs: allowed ? 0 : Math.ceil((1 - bucket.tokens) / perMs),
    };
  };

  return { take: (quota, key) => Promise.resolve(take(quota, key)), ...createDistinctLimits(clock) };
}
