/** Brings the database up to date: one process at a time, each migration in a transaction of its own. */
import { failpoint } from "#kernel/failpoint";
import { checksumOf, pendingMigrations, statementsOf, type AppliedMigration, type Migration } from "#kernel/migrations";
import leases from "../../../migrations/postgres/0001_leases.sql" with { type: "text" };
import identity from "../../../migrations/postgres/0002_identity.sql" with { type: "text" };
import checks from "../../../migrations/postgres/0003_checks.sql" with { type: "text" };
import schedules from "../../../migrations/postgres/0004_schedules.sql" with { type: "text" };
import forge from "../../../migrations/postgres/0005_forge.sql" with { type: "text" };
import calendar from "../../../migrations/postgres/0006_calendar.sql" with { type: "text" };
import alerting from "../../../migrations/postgres/0007_alerting.sql" with { type: "text" };
import channels from "../../../migrations/postgres/0008_channels.sql" with { type: "text" };
import templates from "../../../migrations/postgres/0009_templates.sql" with { type: "text" };
import results from "../../../migrations/postgres/0010_results.sql" with { type: "text" };
import incidents from "../../../migrations/postgres/0011_incidents.sql" with { type: "text" };
import notifications from "../../../migrations/postgres/0012_notifications.sql" with { type: "text" };
import heartbeats from "../../../migrations/postgres/0013_heartbeats.sql" with { type: "text" };
import baselines from "../../../migrations/postgres/0014_baselines.sql" with { type: "text" };
import queue from "../../../migrations/postgres/0018_queue.sql" with { type: "text" };
import statusPages from "../../../migrations/postgres/0019_status_pages.sql" with { type: "text" };
import ownSessions from "../../../migrations/postgres/0020_own_sessions.sql" with { type: "text" };
import auditSubject from "../../../migrations/postgres/0021_audit_subject.sql" with { type: "text" };
import type { PostgresStore } from "./connection.ts";

/** A compiled executable cannot scan folders, so the table is literal; a test compares it with the folder. */
export const migrations: Migration[] = [
  { number: 1, name: "leases", sql: leases },
  { number: 2, name: "identity", sql: identity },
  { number: 3, name: "checks", sql: checks },
  { number: 4, name: "schedules", sql: schedules },
  { number: 5, name: "forge", sql: forge },
  { number: 6, name: "calendar", sql: calendar },
  { number: 7, name: "alerting", sql: alerting },
  { number: 8, name: "channels", sql: channels },
  { number: 9, name: "templates", sql: templates },
  { number: 10, name: "results", sql: results },
  { number: 11, name: "incidents", sql: incidents },
  { number: 12, name: "notifications", sql: notifications },
  { number: 13, name: "heartbeats", sql: heartbeats },
  { number: 14, name: "baselines", sql: baselines },
  { number: 18, name: "queue", sql: queue },
  { number: 19, name: "status_pages", sql: statusPages },
  { number: 20, name: "own_sessions", sql: ownSessions },
  { number: 21, name: "audit_subject", sql: auditSubject },
];

/** Ours among the advisory locks of the database: "uptimeping" on a telephone. */
const advisoryLock = 878_463_7464;

export async function migrate(store: PostgresStore, all: readonly Migration[] = migrations): Promise<void> {
  const lock = `SELECT pg_advisory_xact_lock(${advisoryLock})`;
  await store.write(async (tx) => {
    await tx.run(lock);
    await tx.run("CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)");
  });
  for (let left = all.length; left > 0; left--) {
    const isDone = await store.write(async (tx) => {
      // Taken anew for each, so that of several processes that start at once every one sees what the others have done.
      await tx.run(lock);
      const [next] = pendingMigrations(all, await tx.all<AppliedMigration>("SELECT number, name, checksum FROM schema_migrations ORDER BY number"));
      if (!next) return true;
      await tx.run("INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)", [next.number, next.name, checksumOf(next)]);
      failpoint("mid_migration");
      for (const statement of statementsOf(next.sql)) await tx.run(statement);
      return false;
    });
    if (isDone) return;
  }
}
