/** A bounded cache whose entries are believed for a while only; the least recently used go first. */
import type { Clock } from "#kernel/clock";

export interface FreshCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}

export function createFreshCache<V>(options: { clock: Clock; freshMs: number; capacity: number }): FreshCache<V> {
  const { clock, freshMs, capacity } = options;
  // A Map keeps the order of insertion, so re-inserting on use makes its first key the least recently used.
  const entries = new Map<string, { value: V; sinceMs: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (clock.monotonic() - entry.sinceMs >= freshMs) return undefined;
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value) {
      entries.delete(key);
      if (entries.size >= capacity) entries.delete(entries.keys().next().value!);
      entries.set(key, { value, sinceMs: clock.monotonic() });
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}
