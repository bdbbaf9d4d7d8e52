import type { Lease, LeaseStore } from "#ports/leases";
import type { SqliteStore } from "./connection.ts";

export function createSqliteLeaseStore(store: SqliteStore): LeaseStore {
  return {
    acquire: (name, holder, { epoch, nowMs, ttlMs }) =>
      store.write((tx) => {
        const untilMs = nowMs + ttlMs;
        if (epoch > 0) {
          const renewed = tx.run("UPDATE leases SET until = ? WHERE name = ? AND holder = ? AND epoch = ?", [untilMs, name, holder, epoch]);
          return renewed === 1 ? { name, holder, epoch, untilMs } : undefined;
        }
        return tx.get<Lease>(
          `INSERT INTO leases (name, holder, epoch, until) VALUES ($name, $holder, 1, $untilMs)
           ON CONFLICT (name) DO UPDATE SET holder = $holder, epoch = epoch + 1, until = $untilMs
           WHERE until <= $nowMs OR holder = $holder
           RETURNING name, holder, epoch, until AS untilMs`,
          { name, holder, nowMs, untilMs },
        );
      }),
    release: async (lease) => {
      await store.write((tx) => tx.run("UPDATE leases SET until = 0 WHERE name = ? AND epoch = ?", [lease.name, lease.epoch]));
    },
  };
}
