/** How many of something there were in the last while. Cheap enough to be told of every run: a number is added to the newest of a few steps. */
import type { Clock } from "#kernel/clock";

export interface Lately {
  add(count: number): void;
  /** Of the last `spanMs`, by a step more or less. */
  total(): number;
}

const steps = 12;

export function createLately(clock: Clock, spanMs: number): Lately {
  const stepMs = spanMs / steps;
  const counts = new Float64Array(steps);
  let newest = Math.floor(clock.monotonic() / stepMs);

  const moveOn = () => {
    const now = Math.floor(clock.monotonic() / stepMs);
    for (let passed = Math.min(now - newest, steps); passed > 0; passed--) counts[(now - passed + 1) % steps] = 0;
    newest = now;
  };

  return {
    add(count) {
      moveOn();
      counts[newest % steps]! += count;
    },
    total() {
      moveOn();
      return counts.reduce((sum, one) => sum + one, 0);
    },
  };
}
