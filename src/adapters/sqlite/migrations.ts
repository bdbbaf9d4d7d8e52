/**
 * Migrations: numbered, checksummed, never edited once released, resumable. Each runs in one transaction whose first
 * statement records it, so a crash in the middle leaves nothing behind.
 */
import { createHash } from "node:crypto";
import { AppError } from "#kernel/errors";
import queue from "../../../migrations/sqlite/0001_queue.sql" with { type: "text" };
import identity from "../../../migrations/sqlite/0002_identity.sql" with { type: "text" };
import checks from "../../../migrations/sqlite/0003_checks.sql" with { type: "text" };
import schedules from "../../../migrations/sqlite/0004_schedules.sql" with { type: "text" };
import results from "../../../migrations/sqlite/0005_results.sql" with { type: "text" };
import incidents from "../../../migrations/sqlite/0006_incidents.sql" with { type: "text" };
import notifications from "../../../migrations/sqlite/0007_notifications.sql" with { type: "text" };
import forge from "../../../migrations/sqlite/0008_forge.sql" with { type: "text" };
import type { SqliteStore } from "./connection.ts";

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

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
];

/** Brings the database up to date. Refuses one that is newer than this executable, or whose history differs. */
export async function migrate(store: SqliteStore, all: Migration[] = migrations): Promise<void> {
  await store.write((tx) =>
    tx.run("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"),
  );
  const done = store.all<{ number: number; name: string; checksum: string }>("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
  const newest = all.at(-1)?.number ?? 0;
  for (const row of done) {
    const known = all.find((migration) => migration.number === row.number);
    if (!known) {
      throw new AppError("failed_precondition", `the database is newer than this executable: it has migration ${row.number}, this knows up to ${newest}`);
    }
    if (checksumOf(known) !== row.checksum) {
      throw new AppError("failed_precondition", `the database was made by a different build: migration ${row.number} (${row.name}) has another checksum`);
    }
  }
  const applied = new Set(done.map((row) => row.number));
  for (const migration of all) {
    if (applied.has(migration.number)) continue;
    await store.write((tx) => {
      tx.run("INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)", [migration.number, migration.name, checksumOf(migration)]);
      for (const statement of statementsOf(migration.sql)) tx.run(statement);
    });
  }
}

function checksumOf(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

/** Statements end with a semicolon at the end of a line; our migrations hold no triggers and no such text. */
function statementsOf(sql: string): string[] {
  return sql
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("--"))
    .join("\n")
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
