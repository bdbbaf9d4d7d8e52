/**
 * Token buckets that several gateways share: one script a decision, so that two of them never take the same token. Time is that of
 * the server, since theirs differ. A bucket is forgotten when it is full, which is what a new one is.
 *
 * Each process counts for itself as well: when Redis gives no answer, its own bucket decides, and it is no fresh one.
 */
import type { Redis } from "ioredis";
import type { Quota, RateLimits, Verdict } from "#ports/rate_limits";
import type { RedisStore } from "./connection.ts";

export interface RedisRateLimitsOptions {
  store: RedisStore;
  /** Decides when Redis does not. */
  local: RateLimits;
  /** Before every key. */
  prefix: string;
  /** Milliseconds; a test that moves time gives them, else the server knows them best. */
  nowMs?: () => number;
  /** How long Redis is waited for. */
  withinMs?: number;
}

const usualWithinMs = 50;

// A rounding error of the refill must not make somebody wait for one more millisecond; a server clock that was set back refills nothing.
const takeToken = `
local limit, window, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local perMs = limit / window
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1]) or limit, tonumber(held[2]) or now
tokens = math.min(limit, tokens + math.max(0, now - at) * perMs + 1e-9)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.17g', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((limit - tokens) / perMs) + 1000)
return { allowed and 1 or 0, math.floor(tokens), math.ceil((limit - tokens) / perMs), allowed and 0 or math.ceil((1 - tokens) / perMs) }
`;

// Members with the time at which they were last seen.
const takeMember = `
local limit, window, now, member = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.17g', now - window))
local count = redis.call('ZCARD', KEYS[1])
local known = redis.call('ZSCORE', KEYS[1], member)
local allowed = known or count < limit
if allowed then
  redis.call('ZADD', KEYS[1], string.format('%.17g', now), member)
  redis.call('PEXPIRE', KEYS[1], window)
  if not known then count = count + 1 end
end
local oldest = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]) or now
local left = math.ceil(oldest + window - now)
return { allowed and 1 or 0, math.max(0, limit - count), left, allowed and 0 or left }
`;

type Scripts = Record<"takeToken" | "takeMember", (...given: (string | number)[]) => Promise<number[]>>;

export function createRedisRateLimits({ store, local, prefix, nowMs, withinMs = usualWithinMs }: RedisRateLimitsOptions): RateLimits {
  const ask = (script: keyof Scripts, { name, limit, windowMs }: Quota, key: string, ...more: string[]) =>
    store.ask(async (client): Promise<Verdict> => {
      const [allowed, remaining, resetAfterMs, retryAfterMs] = await scriptsOf(client)[script](`${prefix}${script}:${name}:${key}`, limit, windowMs, nowMs?.() ?? "", ...more);
      return { allowed: allowed === 1, remaining: remaining!, resetAfterMs: resetAfterMs!, retryAfterMs: retryAfterMs! };
    }, withinMs);
  return {
    async take(quota, key) {
      const [own, shared] = await Promise.all([local.take(quota, key), ask("takeToken", quota, key)]);
      return shared?.answer ?? own;
    },
    async takeDistinct(quota, key, member) {
      const [own, shared] = await Promise.all([local.takeDistinct(quota, key, member), ask("takeMember", quota, key, member)]);
      return shared?.answer ?? own;
    },
  };
}

/** Asked by their hash; a server that was started anew is told them again. */
function scriptsOf(client: Redis): Scripts {
  const known = client as Redis & Partial<Scripts>;
  if (known.takeToken === undefined) client.defineCommand("takeToken", { numberOfKeys: 1, lua: takeToken });
  if (known.takeMember === undefined) client.defineCommand("takeMember", { numberOfKeys: 1, lua: takeMember });
  return known as Redis & Scripts;
}
