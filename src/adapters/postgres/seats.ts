/**
 * As many works at a time as there are connections. The pool would queue as well, but then nobody could tell a statement that waits
 * for a connection from one whose server has vanished without a word.
 */
import { AppError } from "#kernel/errors";

export interface Seats {
  /** Waits for a seat, at most `patienceMs`, and keeps it while `work` runs. */
  take<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  seat: () => void;
  timer: ReturnType<typeof setTimeout>;
}

export function createSeats(count: number, patienceMs: number): Seats {
  let free = count;
  const waiting = new Set<Waiting>();

  const wait = () =>
    new Promise<void>((seat, reject) => {
      const one: Waiting = {
        seat,
        timer: setTimeout(() => {
          waiting.delete(one);
          reject(new AppError("unavailable", `the database is too busy: all ${count} connections were in use for ${patienceMs} ms`));
        }, patienceMs),
      };
      waiting.add(one);
    });

  const leave = () => {
    const [next] = waiting;
    if (!next) {
      free++;
      return;
    }
    waiting.delete(next);
    clearTimeout(next.timer);
    next.seat();
  };

  return {
    async take(work) {
      if (free > 0) free--;
      else await wait();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
