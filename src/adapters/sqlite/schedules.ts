import { AppError } from "#kernel/errors";
import type { ScheduleStore, StoredSchedule } from "#ports/schedules";
import type { SqliteStore, Transaction } from "./connection.ts";

const columns = `check_id AS checkId, tenant_id AS tenantId, every_ms AS everyMs, cron, timezone, removed,
  created_at AS createdAtMs, active_since AS activeSinceMs, told AS toldMs`;

type Row = Omit<StoredSchedule, "removed"> & { removed: number };

/** `leaseName` names the lease whose epoch guards the writes. */
export function createSqliteScheduleStore(store: SqliteStore, leaseName = "scheduler"): ScheduleStore {
  const fence = (tx: Transaction, epoch: number) => {
    const current = tx.get<{ epoch: number }>("SELECT epoch FROM leases WHERE name = ?", [leaseName])?.epoch ?? 0;
    if (current !== epoch) throw new AppError("failed_precondition", `another scheduler leads: its epoch is ${current}, this one's was ${epoch}`);
  };
  return {
    save: (schedule, epoch) =>
      store.write((tx) => {
        fence(tx, epoch);
        tx.run(
          `INSERT INTO schedules (check_id, tenant_id, every_ms, cron, timezone, removed, created_at, active_since, told)
           VALUES ($checkId, $tenantId, $everyMs, $cron, $timezone, $removed, $createdAtMs, $activeSinceMs, $toldMs)
           ON CONFLICT (check_id) DO UPDATE SET every_ms = $everyMs, cron = $cron, timezone = $timezone, removed = $removed,
             active_since = $activeSinceMs, told = max(told, $toldMs) WHERE tenant_id = $tenantId`,
          { ...schedule },
        );
      }),
    erase: async (checkId) => {
      await store.write((tx) => tx.run("DELETE FROM schedules WHERE check_id = ?", [checkId]));
    },
    find(tenantId, checkId) {
      const row = store.get<Row>(`SELECT ${columns} FROM schedules WHERE tenant_id = ? AND check_id = ?`, [tenantId, checkId]);
      return Promise.resolve(row && scheduleOf(row));
    },
    list(tenantId, limit, cursor) {
      const rows = store.all<Row>(
        `SELECT ${columns} FROM schedules WHERE tenant_id = ? AND removed = 0 AND check_id > ? ORDER BY check_id LIMIT ?`,
        [tenantId, cursor, limit],
      );
      return Promise.resolve(rows.map(scheduleOf));
    },
    all: () => Promise.resolve(store.all<Row>(`SELECT ${columns} FROM schedules`).map(scheduleOf)),
    markTold: (marks, epoch) =>
      store.write((tx) => {
        fence(tx, epoch);
        for (const { checkId, toldMs } of marks) tx.run("UPDATE schedules SET told = ? WHERE check_id = ? AND told < ?", [toldMs, checkId, toldMs]);
      }),
  };
}

function scheduleOf(row: Row): StoredSchedule {
  return { ...row, removed: row.removed === 1 };
}
