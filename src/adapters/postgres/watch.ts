/**
 * Sees that a server is gone without a word (its machine lost power, a firewall forgot the connection): a statement would wait for ever.
 * A server that answers at all ends a statement at its timeout, so past that nobody is there.
 */
import { AppError } from "#kernel/errors";

export interface Watch {
  /** Something was asked, and is to be answered within the limit. */
  asked(): void;
  answered(): void;
  /** Watches one question and its answer. */
  while<T>(query: PromiseLike<T>): Promise<T>;
  /** The whole work, which fails as soon as an answer is overdue. */
  over<T>(work: Promise<T>): Promise<T>;
}

/** `limitMs` 0 watches nothing. `giveUp` is called once. */
export function createWatch(limitMs: number, giveUp: () => void): Watch {
  const overdue = Promise.withResolvers<never>();
  let open = 0;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const arm = () => {
    clearTimeout(timer);
    if (open === 0 || limitMs === 0 || isOver) return;
    timer = setTimeout(() => {
      overdue.reject(new AppError("unavailable", `the database cannot be reached: it gave no answer for ${limitMs} ms`));
      giveUp();
    }, limitMs);
  };
  const asked = () => {
    open++;
    arm();
  };
  const answered = () => {
    open--;
    arm();
  };

  return {
    asked,
    answered,
    async while(query) {
      asked();
      try {
        return await query;
      } finally {
        answered();
      }
    },
    async over(work) {
      try {
        return await Promise.race([work, overdue.promise]);
      } finally {
        isOver = true;
        clearTimeout(timer);
      }
    },
  };
}
