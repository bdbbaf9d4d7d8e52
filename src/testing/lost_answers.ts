/** A PostgreSQL store whose connection breaks while it waits for the answer to a COMMIT. */
import { AppError } from "#kernel/errors";
import type { PostgresStore } from "../adapters/postgres/connection.ts";

export interface LossyStore extends PostgresStore {
  /** The answers to the next `count` transactions are lost. */
  lose(count: number): void;
}

export function losingAnswers(store: PostgresStore): LossyStore {
  let left = 0;
  return {
    ...store,
    lose: (count) => (left = count),
    async write(work) {
      const value = await store.write(work);
      if (left === 0) return value;
      left--;
      throw new AppError("unavailable", "the database cannot be reached: the answer was lost");
    },
  };
}
