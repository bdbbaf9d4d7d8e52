/** State outside the components: a value, or values by key, that redraw only who reads them. */
import { useEffect, useState } from "preact/hooks";

export interface Cell<T> {
  get: () => T;
  set(next: T): void;
  subscribe: (listener: () => void) => () => void;
}

export interface Keyed<T> {
  get: (key: string) => T | undefined;
  /** Stores all entries, then tells the readers of each key. */
  put(entries: Iterable<readonly [string, T]>): void;
  subscribe: (key: string, listener: () => void) => () => void;
}

export function cell<T>(initial: T): Cell<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function keyed<T>(): Keyed<T> {
  const entries = new Map<string, T>();
  const listeners = new Map<string, Set<() => void>>();
  return {
    get: (key) => entries.get(key),
    put(changed) {
      const keys: string[] = [];
      for (const [key, value] of changed) {
        entries.set(key, value);
        keys.push(key);
      }
      for (const key of keys) for (const listener of listeners.get(key) ?? []) listener();
    },
    subscribe(key, listener) {
      const ofKey = listeners.get(key) ?? new Set();
      listeners.set(key, ofKey.add(listener));
      return () => {
        ofKey.delete(listener);
        if (ofKey.size === 0 && listeners.get(key) === ofKey) listeners.delete(key);
      };
    },
  };
}

export function useCell<T>(source: Cell<T>): T {
  return useSource(source.get, source.subscribe, source);
}

export function useEntry<T>(source: Keyed<T>, key: string): T | undefined {
  return useSource(
    () => source.get(key),
    (listener) => source.subscribe(key, listener),
    key,
  );
}

function useSource<T>(read: () => T, subscribe: (listener: () => void) => () => void, identity: unknown): T {
  const [, redraw] = useState(0);
  const drawn = read();
  useEffect(() => {
    const stop = subscribe(() => redraw((count) => count + 1));
    // The value may have changed between drawing and subscribing; nobody would tell us again.
    if (!Object.is(read(), drawn)) redraw((count) => count + 1);
    return stop;
  }, [identity]);
  return drawn;
}

/** The time of day in ms, moving every ten seconds: enough for "3 min ago", cheap enough for a thousand rows. */
const now = cell(0);
const tickMs = 10_000;

export function useNow(): number {
  // Begins with the first reader and never ends: the page is what ends it.
  if (now.get() === 0) {
    now.set(Date.now());
    setInterval(() => now.set(Date.now()), tickMs);
  }
  return useCell(now);
}
