/** For tests of this technology: connections to the real server, and what stands in for what is local, since an adapter stands alone. */
import { systemClock } from "#kernel/clock";
import { createLog, silentLog, type Log } from "#kernel/log";
import type { Cache } from "#ports/cache";
import type { RateLimits } from "#ports/rate_limits";
import { describeUnless, withoutServers } from "../../testing/needs_service.ts";
import { whyNot } from "../../testing/servers/server.ts";
import { serviceUrl } from "../../testing/services.ts";
import { createRedisCache } from "./cache.ts";
import { openRedis, type RedisStore } from "./connection.ts";
import { createRedisRateLimits } from "./rate_limits.ts";

/** So that a busy machine is not taken for a Redis that is away. */
export const patiently = { withinMs: 5_000 };

const url = serviceUrl("redis");
const missing = withoutServers(["redis"]) || whyNot("redis");

export const withRedis = (name: string, tests: () => void): void => describeUnless(missing, name, tests);

export async function openShared(): Promise<{ store: RedisStore; prefix: string; close: () => Promise<void> }> {
  const store = openRedis({ url, clock: systemClock, log: silentLog });
  const prefix = `test:${Bun.randomUUIDv7()}:`;
  await until("Redis answers", async () => (await store.ask((client) => client.ping(), 1_000)) !== undefined);
  const close = async () => {
    await store.ask(async (client) => {
      const keys = await client.keys(`${prefix}*`);
      return keys.length > 0 ? client.del(...keys) : 0;
    }, 1_000);
    store.close();
  };
  return { store, prefix, close };
}

/** As the app puts it together. */
export async function gateway(at: string, { answers = true, withinMs }: { answers?: boolean; withinMs?: number } = {}) {
  const logged: string[] = [];
  const log: Log = createLog({ level: "info", format: "json", now: Date.now, write: (line) => void logged.push(line) });
  const store = openRedis({ url: at, clock: systemClock, log });
  if (answers) await until("Redis answers", async () => (await store.ask((client) => client.ping(), 1_000)) !== undefined);
  const common = { store, prefix: "up:", ...(withinMs !== undefined && { withinMs }) };
  return { store, logged, limits: createRedisRateLimits({ ...common, local: counting() }), cache: createRedisCache({ ...common, local: remembering() }) };
}

const noWord = { allowed: false, remaining: -1, resetAfterMs: -1, retryAfterMs: -1 };

/** Never asked for its word. */
export const nobody: RateLimits = { take: () => Promise.resolve(noWord), takeDistinct: () => Promise.resolve(noWord) };

export const forgetful: Cache = {
  get: () => Promise.resolve(undefined),
  set: () => Promise.reject(new Error("Redis gave no answer")),
  setIfAbsent: () => Promise.reject(new Error("Redis gave no answer")),
  delete: () => Promise.resolve(),
};

function counting(): RateLimits {
  const taken = new Map<string, number>();
  return {
    take({ name, limit }, key) {
      const count = (taken.get(name + key) ?? 0) + 1;
      taken.set(name + key, count);
      return Promise.resolve({ allowed: count <= limit, remaining: Math.max(0, limit - count), resetAfterMs: 0, retryAfterMs: 0 });
    },
    takeDistinct: () => Promise.resolve(noWord),
  };
}

function remembering(): Cache {
  const kept = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    set: (key, value) => Promise.resolve(void kept.set(key, value)),
    setIfAbsent: (key, value) => Promise.resolve(!kept.has(key) && Boolean(kept.set(key, value))),
    delete: (key) => Promise.resolve(void kept.delete(key)),
  };
}

export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 10_000; await Bun.sleep(20)) if (await ask()) return;
  throw new Error(`${what}: not within 10 s`);
}
