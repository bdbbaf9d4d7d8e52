/**
 * What is remembered for a while and may be forgotten at any time: nothing correct rests on it. Where several processes share one,
 * what one of them puts in the others find.
 */
export interface Cache {
  /** Undefined when there is none, or no longer. */
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Of several who try at once, one stores its value and gets true. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}
