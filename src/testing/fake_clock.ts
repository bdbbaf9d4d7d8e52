/** A clock that stands still until it is told to move. */
import type { Clock } from "#kernel/clock";

export interface FakeClock extends Clock {
  /** Moves time forward, firing timers in order of their due time; lets promises settle between them. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void;
  /** Time goes by and nothing is done, as in a process that was stopped. */
  standStill(ms: number): void;
}

interface Pending {
  due: number;
  fn: () => void;
  periodMs: number | undefined;
}

export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let wall = startMs;
  let elapsed = 0;
  const timers = new Set<Pending>();

  const add = (delayMs: number, fn: () => void, periodMs: number | undefined) => {
    const timer: Pending = { due: elapsed + Math.max(0, delayMs), fn, periodMs };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  };

  /** Of several at one instant the one that was set first, since a set keeps that order. */
  const firstDue = () => {
    let first: Pending | undefined;
    for (const timer of timers) if (!first || timer.due < first.due) first = timer;
    return first;
  };

  return {
    now: () => wall,
    monotonic: () => elapsed,
    after: (delayMs, fn) => add(delayMs, fn, undefined),
    every: (periodMs, fn) => add(periodMs, fn, periodMs),
    jump: (ms) => void (wall += ms),
    standStill(ms) {
      wall += ms;
      elapsed += ms;
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settled();
      for (;;) {
        const next = firstDue();
        if (!next || next.due > end) break;
        wall += next.due - elapsed;
        elapsed = next.due;
        if (next.periodMs === undefined) timers.delete(next);
        else next.due += next.periodMs;
        next.fn();
        await settled();
      }
      wall += end - elapsed;
      elapsed = end;
      await settled();
    },
  };
}

/** Lets everything that is ready to run do so, real I/O callbacks of this turn included. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
