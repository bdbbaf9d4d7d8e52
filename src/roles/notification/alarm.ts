/** Runs one piece of work at a time, when rung and when it said that it is due again; a ring while it runs makes it run once more. */
import type { Clock, Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";

export interface Alarm {
  ring(): void;
  /** Resolves when the work that runs has ended; it is not run again. */
  stop(): Promise<void>;
}

// A timer is set on the monotonic clock for a time on the wall clock, which may jump.
const longestNapMs = 60_000;
const afterFailureMs = 1_000;

/** `work` gives the wall time at which it is due again, or undefined to wait for a ring. */
export function createAlarm(work: () => Promise<number | undefined>, clock: Clock, log: Log): Alarm {
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let rungAgain = false;
  let stopped = false;

  const nap = (ms: number) => {
    if (!stopped) timer = clock.after(ms, ring);
  };
  const run = async () => {
    try {
      const dueAtMs = await work();
      if (dueAtMs !== undefined) nap(Math.min(Math.max(dueAtMs - clock.now(), 1), longestNapMs));
    } catch (error) {
      log.error("due notifications could not be read", { reason: messageOf(error) });
      nap(afterFailureMs);
    }
    running = undefined;
    if (rungAgain) ring();
  };
  const ring = () => {
    if (stopped) return;
    rungAgain = running !== undefined;
    if (rungAgain) return;
    timer?.cancel();
    running = run();
  };

  return {
    ring,
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}
