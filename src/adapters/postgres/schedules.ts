import { AppError } from "#kernel/errors";
import type { ScheduleStore, StoredSchedule } from "#ports/schedules";
import type { PostgresStore, Transaction } from "./connection.ts";

const columns = `check_id AS "checkId", tenant_id AS "tenantId", every_ms AS "everyMs", cron, timezone, removed,
  created_at AS "createdAtMs", active_since AS "activeSinceMs", told AS "toldMs"`;

/** `leaseName` names the lease whose epoch guards the writes. */
export function createPostgresScheduleStore(store: PostgresStore, leaseName = "scheduler"): ScheduleStore {
  const fence = async (tx: Transaction, epoch: number) => {
    // Held to the end of the transaction, so that nobody takes over between this look and the commit.
    const current = (await tx.get<{ epoch: number }>("SELECT epoch FROM leases WHERE name = $1 FOR KEY SHARE", [leaseName]))?.epoch ?? 0;
    if (current !== epoch) throw new AppError("failed_precondition", `another scheduler leads: its epoch is ${current}, this one's was ${epoch}`);
  };
  return {
    save: (schedule, epoch) =>
      store.write(async (tx) => {
        await fence(tx, epoch);
        await tx.run(
          `INSERT INTO schedules (check_id, tenant_id, every_ms, cron, timezone, removed, created_at, active_since, told)
           VALUES ($checkId, $tenantId, $everyMs, $cron, $timezone, $removed, $createdAtMs, $activeSinceMs, $toldMs)
           ON CONFLICT (check_id) DO UPDATE SET every_ms = $everyMs, cron = $cron, timezone = $timezone, removed = $removed,
             active_since = $activeSinceMs, told = greatest(schedules.told, $toldMs)
           WHERE schedules.tenant_id = $tenantId`,
          { ...schedule },
        );
      }),
    erase: async (checkId) => {
      await store.run("DELETE FROM schedules WHERE check_id = $1", [checkId]);
    },
    async find(tenantId, checkId) {
      return store.get<StoredSchedule>(`SELECT ${columns} FROM schedules WHERE tenant_id = $1 AND check_id = $2`, [tenantId, checkId]);
    },
    async list(tenantId, limit, cursor) {
      return store.all<StoredSchedule>(
        `SELECT ${columns} FROM schedules WHERE tenant_id = $1 AND NOT removed AND check_id > $2 ORDER BY check_id LIMIT $3`,
        [tenantId, cursor, limit],
      );
    },
    all: () => store.all<StoredSchedule>(`SELECT ${columns} FROM schedules`),
    markTold: (marks, epoch) =>
      store.write(async (tx) => {
        await fence(tx, epoch);
        await tx.run(
          `UPDATE schedules SET told = mark
           FROM (SELECT id, max(at) AS mark FROM unnest($1::text[], $2::bigint[]) AS marks (id, at) GROUP BY id) AS newest
           WHERE check_id = id AND told < mark`,
          [marks.map(({ checkId }) => checkId), marks.map(({ toldMs }) => toldMs)],
        );
      }),
  };
}
