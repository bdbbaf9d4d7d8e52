/**
 * Things are released in the reverse order in which they were acquired, each by name, each bounded in time.
 * Register the release on the line after the acquisition.
 */
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface Releases {
  /** `release` runs once, when the process or the role stops. `withinMs` bounds it. */
  add(name: string, release: () => void | Promise<void>, withinMs?: number): void;
}

export interface ReleaseStack extends Releases {
  /** Releases everything; a second call waits for the first. Never rejects. */
  releaseAll(): Promise<void>;
}

export function createReleases(log: Log): ReleaseStack {
  const stack: { name: string; release: () => void | Promise<void>; withinMs: number }[] = [];
  let running: Promise<void> | undefined;

  const run = async () => {
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const { name, withinMs } = item;
      try {
        await within(Promise.resolve(item.release()), withinMs);
        log.debug("released", { resource: name });
      } catch (error) {
        log.warn("release failed", { resource: name, reason: messageOf(error) });
      }
    }
  };

  return {
    add: (name, release, withinMs = 5_000) => void stack.push({ name, release, withinMs }),
    releaseAll: () => (running ??= run()),
  };
}

function within(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`still not released after ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
