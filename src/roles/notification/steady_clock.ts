/** Notices when the wall clock was set. Due times and leases are wall time, and they are meant as time that passes. */
import type { Clock } from "#kernel/clock";

// The wall clock may wander against the monotonic one; a step larger than this was set by somebody.
const stepMs = 1_000;

/** `stepped` is called before the caller that read the new time gets it, so that what it asks for first comes first. */
export function createSteadyClock(clock: Clock, stepped: (byMs: number) => void): Clock {
  let offsetMs = clock.now() - clock.monotonic();
  return {
    ...clock,
    now() {
      const nowMs = clock.now();
      const byMs = Math.round(nowMs - clock.monotonic() - offsetMs);
      if (Math.abs(byMs) >= stepMs) {
        offsetMs += byMs;
        stepped(byMs);
      }
      return nowMs;
    },
  };
}
