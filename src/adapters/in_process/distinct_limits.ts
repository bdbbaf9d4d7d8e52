/**
 * Who was let in lately, by key, in the memory of this process. Bounded: keys used longest ago are forgotten first. To be forgotten, one
 * must be left alone for as many others.
 */
import type { Clock } from "#kernel/clock";
import type { Quota, RateLimits, Verdict } from "#ports/rate_limits";

const mostKeys = 20_000;

export function createDistinctLimits(clock: Clock): Pick<RateLimits, "takeDistinct"> {
  /** When each member was last seen, on the monotonic clock, oldest first. */
  const keys = new Map<string, Map<string, number>>();

  const take = ({ name, limit, windowMs }: Quota, key: string, member: string): Verdict => {
    const now = clock.monotonic();
    const id = `${name}\n${key}`;
    const members = keys.get(id) ?? new Map<string, number>();
    keys.delete(id);
    keys.set(id, members);
    if (keys.size > mostKeys) keys.delete(keys.keys().next().value!);

    for (const [one, seenMs] of members) if (now - seenMs >= windowMs) members.delete(one);
    const allowed = members.has(member) || members.size < limit;
    if (allowed) {
      members.delete(member);
      members.set(member, now);
    }
    const [oldestMs = now] = members.values();
    const resetAfterMs = Math.ceil(oldestMs + windowMs - now);
    return { allowed, remaining: Math.max(0, limit - members.size), resetAfterMs, retryAfterMs: allowed ? 0 : resetAfterMs };
  };

  return { takeDistinct: (quota, key, member) => Promise.resolve(take(quota, key, member)) };
}
