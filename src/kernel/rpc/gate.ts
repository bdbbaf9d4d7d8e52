import type { Clock } from "../clock.ts";

export interface Gate {
  /** Rejects with what `late` gives when it was not let in by then. */
  run<T>(work: () => Promise<T>, untilMs: number, late: () => Error): Promise<T>;
}

/** At most `limit` at once; the rest wait in order. */
export function createGate(limit: number, clock: Clock): Gate {
  let running = 0;
  const waiting = new Set<() => void>();

  const letIn = (untilMs: number, late: () => Error) =>
    new Promise<void>((resolve, reject) => {
      const timer = clock.after(untilMs - clock.now(), () => {
        waiting.delete(enter);
        reject(late());
      });
      const enter = () => {
        timer.cancel();
        resolve();
      };
      waiting.add(enter);
    });

  return {
    async run(work, untilMs, late) {
      // Whoever leaves hands its place on, so that nobody slips in before those who wait.
      if (running < limit) running++;
      else await letIn(untilMs, late);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        if (next) {
          waiting.delete(next);
          next();
        } else running--;
      }
    },
  };
}
