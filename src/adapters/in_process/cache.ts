/** What one process remembers, in its memory. Bounded: what was put in longest ago goes first. */
import type { Clock } from "#kernel/clock";
import type { Cache } from "#ports/cache";

export interface CacheBounds {
  entries: number;
  /** Of keys and values together, as text. */
  length: number;
}

interface Entry {
  value: string;
  /** On the monotonic clock. */
  untilMs: number;
}

const usualBounds: CacheBounds = { entries: 20_000, length: 32 * 1024 * 1024 };

export function createCache(clock: Clock, bounds = usualBounds): Cache {
  const entries = new Map<string, Entry>();
  let length = 0;

  const forget = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    length -= key.length + entry.value.length;
    entries.delete(key);
  };

  const find = (key: string): string | undefined => {
    const entry = entries.get(key);
    if (entry !== undefined && entry.untilMs <= clock.monotonic()) forget(key);
    return entries.get(key)?.value;
  };

  const put = (key: string, value: string, ttlMs: number) => {
    forget(key);
    entries.set(key, { value, untilMs: clock.monotonic() + ttlMs });
    length += key.length + value.length;
    for (const [oldest, { untilMs }] of entries) {
      if (entries.size <= bounds.entries && length <= bounds.length && untilMs > clock.monotonic()) return;
      forget(oldest);
    }
  };

  return {
    get: (key) => Promise.resolve(find(key)),
    set: (key, value, ttlMs) => Promise.resolve(put(key, value, ttlMs)),
    setIfAbsent(key, value, ttlMs) {
      if (find(key) !== undefined) return Promise.resolve(false);
      put(key, value, ttlMs);
      return Promise.resolve(true);
    },
    delete: (key) => Promise.resolve(forget(key)),
  };
}
