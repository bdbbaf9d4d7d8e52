/**
 * Openings that wait: for the answer about our own network, or for a parent that is suspected. In memory only: what failed is in the
 * state of the check and on disk, so that after a restart the next failing run opens at once.
 */
import type { Clock, Timer } from "#kernel/clock";
import { lookEveryMs } from "#ports/detection_bound";
import type { Wait } from "./decide.ts";
import type { TakenResult } from "./facts.ts";

export interface Waiter {
  wait: Wait;
  /** The newest failing run. */
  taken: TakenResult;
  /** On the monotonic clock. From then on it waits no longer, whatever the facts say. */
  untilMs: number;
}

export interface Waiting {
  of(checkId: string): Waiter | undefined;
  /** Waits from its first time on for at most `forMs`; later times do not prolong it. */
  put(taken: TakenResult, wait: Wait, forMs: number): void;
  isOver(waiter: Waiter): boolean;
  all(): Waiter[];
  drop(checkId: string): void;
  stop(): void;
}

export function createWaiting(clock: Clock, look: () => void): Waiting {
  const waiters = new Map<string, Waiter>();
  let timer: Timer | undefined;

  const drop = (checkId: string) => {
    waiters.delete(checkId);
    if (waiters.size > 0) return;
    timer?.cancel();
    timer = undefined;
  };

  return {
    of: (checkId) => waiters.get(checkId),
    put(taken, wait, forMs) {
      const checkId = taken.body.check!.id;
      const untilMs = waiters.get(checkId)?.untilMs ?? clock.monotonic() + forMs;
      waiters.set(checkId, { wait, taken, untilMs });
      timer ??= clock.every(lookEveryMs, look);
    },
    isOver: ({ untilMs }) => clock.monotonic() >= untilMs,
    all: () => [...waiters.values()],
    drop,
    stop() {
      for (const checkId of waiters.keys()) drop(checkId);
    },
  };
}
