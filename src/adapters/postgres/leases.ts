/** Leases by the clock of the database: those of the machines that compete for them may differ. */
import { AppError } from "#kernel/errors";
import type { Lease, LeaseStore } from "#ports/leases";
import type { PostgresStore } from "./connection.ts";

const databaseNow = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** `now` is SQL; a test gives it one that follows `nowMs`. */
export function createPostgresLeaseStore(store: PostgresStore, now: (nowMs: number) => string = () => databaseNow): LeaseStore {
  return {
    async acquire(name, holder, { epoch, nowMs, ttlMs }) {
      const at = now(nowMs);
      if (epoch > 0) {
        return store.write((tx) =>
          tx.get<Lease>(
            `UPDATE leases SET until = ${at} + $4::bigint WHERE name = $1 AND holder = $2 AND epoch = $3
             RETURNING name, holder, epoch, until::float8 AS "untilMs"`,
            [name, holder, epoch, ttlMs],
          ),
        );
      }
      const taken = store.write((tx) =>
        tx.get<Lease>(
          // Who looks in vain locks nothing: a conflict would lock the row even then, against the leader's writes and renewals.
          `INSERT INTO leases (name, holder, epoch, until) SELECT $1, $2, 1, ${at} + $3::bigint
             WHERE NOT EXISTS (SELECT 1 FROM leases WHERE name = $1 AND holder <> $2 AND until > ${at})
           ON CONFLICT (name) DO UPDATE SET holder = $2, epoch = leases.epoch + 1, until = ${at} + $3::bigint
             WHERE leases.until <= ${at} OR leases.holder = $2
           RETURNING name, holder, epoch, until::float8 AS "untilMs"`,
          [name, holder, ttlMs],
        ),
      );
      // Of two that make the first lease of a name at once, the slower one may meet the other unique index before the one of ON CONFLICT.
      return taken.catch((error: unknown) => {
        if (error instanceof AppError && error.code === "already_exists") return undefined;
        throw error;
      });
    },
    release: async ({ name, epoch }) => {
      await store.run("UPDATE leases SET until = 0 WHERE name = $1 AND epoch = $2", [name, epoch]);
    },
  };
}
