/**
 * Migrations: numbered, checksummed, never edited once released, resumable. Each runs in one transaction whose first
 * statement records it, so a crash in the middle leaves nothing behind.
 */
import { failpoint } from "#kernel/failpoint";
import queue from "../../../migrations/sqlite/0001_queue.sql" with { type: "text" };
import identity from "../../../migrations/sqlite/0002_identity.sql" with { type: "text" };
import checks from "../../../migrations/sqlite/0003_checks.sql" with { type: "text" };
import schedules from "../../../migrations/sqlite/0004_schedules.sql" with { type: "text" };
import results from "../../../migrations/sqlite/0005_results.sql" with { type: "text" };
import incidents from "../../../migrations/sqlite/0006_incidents.sql" with { type: "text" };
import notifications from "../../../migrations/sqlite/0007_notifications.sql" with { type: "text" };
import forge from "../../../migrations/sqlite/0008_forge.sql" with { type: "text" };
import resultChunks from "../../../migrations/sqlite/0009_result_chunks.sql" with { type: "text" };
import heartbeats from "../../../migrations/sqlite/0010_heartbeats.sql" with { type: "text" };
import baselines from "../../../migrations/sqlite/0011_baselines.sql" with { type: "text" };
import protoSetReflection from "../../../migrations/sqlite/0012_proto_set_reflection.sql" with { type: "text" };
import incidentPerCheck from "../../../migrations/sqlite/0013_incident_per_check.sql" with { type: "text" };
import calendar from "../../../migrations/sqlite/0014_calendar.sql" with { type: "text" };
import alerting from "../../../migrations/sqlite/0015_alerting.sql" with { type: "text" };
import channelTypes from "../../../migrations/sqlite/0016_channel_types.sql" with { type: "text" };
import templates from "../../../migrations/sqlite/0017_templates.sql" with { type: "text" };
import statusPages from "../../../migrations/sqlite/0018_status_pages.sql" with { type: "text" };
import ownSessions from "../../../migrations/sqlite/0019_own_sessions.sql" with { type: "text" };
import auditSubject from "../../../migrations/sqlite/0020_audit_subject.sql" with { type: "text" };
import { checksumOf, pendingMigrations, statementsOf, type AppliedMigration, type Migration } from "#kernel/migrations";
import type { SqliteStore } from "./connection.ts";

/** A compiled executable cannot scan folders, so the table is literal; a test compares it with the folder. */
export const migrations: Migration[] = [
  { number: 1, name: "queue", sql: queue },
  { number: 2, name: "identity", sql: identity },
  { number: 3, name: "checks", sql: checks },
  { number: 4, name: "schedules", sql: schedules },
  { number: 5, name: "results", sql: results },
  { number: 6, name: "incidents", sql: incidents },
  { number: 7, name: "notifications", sql: notifications },
  { number: 8, name: "forge", sql: forge },
  { number: 9, name: "result_chunks", sql: resultChunks },
  { number: 10, name: "heartbeats", sql: heartbeats },
  { number: 11, name: "baselines", sql: baselines },
  { number: 12, name: "proto_set_reflection", sql: protoSetReflection },
  { number: 13, name: "incident_per_check", sql: incidentPerCheck },
  { number: 14, name: "calendar", sql: calendar },
  { number: 15, name: "alerting", sql: alerting },
  { number: 16, name: "channel_types", sql: channelTypes },
  { number: 17, name: "templates", sql: templates },
  { number: 18, name: "status_pages", sql: statusPages },
  { number: 19, name: "own_sessions", sql: ownSessions },
  { number: 20, name: "audit_subject", sql: auditSubject },
];

/** Brings the database up to date. Refuses one that is newer than this executable, or whose history differs. */
export async function migrate(store: SqliteStore, all: Migration[] = migrations): Promise<void> {
  await store.write((tx) =>
    tx.run("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"),
  );
  const applied = store.all<AppliedMigration>("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
  for (const migration of pendingMigrations(all, applied)) {
    await store.write((tx) => {
      tx.run("INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)", [migration.number, migration.name, checksumOf(migration)]);
      failpoint("mid_migration");
      for (const statement of statementsOf(migration.sql)) tx.run(statement);
    });
    failpoint("after_migration");
  }
}
