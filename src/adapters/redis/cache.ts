/** What several gateways remember together. When Redis gives no answer, each remembers on its own. */
import type { Cache } from "#ports/cache";
import type { RedisStore } from "./connection.ts";

export interface RedisCacheOptions {
  store: RedisStore;
  /** Remembers when Redis does not. */
  local: Cache;
  /** Before every key. */
  prefix: string;
  /** How long Redis is waited for. */
  withinMs?: number;
}

// Longer than a limit may take: here a wrong answer costs more than a late one.
const usualWithinMs = 250;

export function createRedisCache({ store, local, prefix, withinMs = usualWithinMs }: RedisCacheOptions): Cache {
  const named = (key: string) => `${prefix}cache:${key}`;
  return {
    async get(key) {
      const found = await store.ask((client) => client.get(named(key)), withinMs);
      // What was put in while Redis was away is known here alone.
      return found?.answer ?? local.get(key);
    },
    async set(key, value, ttlMs) {
      const done = await store.ask((client) => client.set(named(key), value, "PX", Math.ceil(ttlMs)), withinMs);
      await (done ? local.delete(key) : local.set(key, value, ttlMs));
    },
    async setIfAbsent(key, value, ttlMs) {
      if ((await local.get(key)) !== undefined) return false;
      const done = await store.ask((client) => client.set(named(key), value, "PX", Math.ceil(ttlMs), "NX"), withinMs);
      return done ? done.answer === "OK" : local.setIfAbsent(key, value, ttlMs);
    },
    async delete(key) {
      await Promise.all([local.delete(key), store.ask((client) => client.del(named(key)), withinMs)]);
    },
  };
}
