/** Numbered changes of a database, each applied once and never edited afterwards. */
import { createHash } from "node:crypto";
import { AppError } from "./errors.ts";

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export interface AppliedMigration {
  number: number;
  name: string;
  checksum: string;
}

/** Those that are still to be applied, in order. Refuses a database that is newer than this executable, or whose history differs. */
export function pendingMigrations(all: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const newest = all.at(-1)?.number ?? 0;
  for (const row of applied) {
    const known = all.find((migration) => migration.number === row.number);
    if (!known) {
      throw new AppError("failed_precondition", `the database is newer than this executable: it has migration ${row.number}, this knows up to ${newest}`);
    }
    if (checksumOf(known) !== row.checksum) {
      throw new AppError("failed_precondition", `the database was made by a different build: migration ${row.number} (${row.name}) has another checksum`);
    }
  }
  const done = new Set(applied.map((row) => row.number));
  return all.filter(({ number }) => !done.has(number));
}

export function checksumOf(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

/** Statements end with a semicolon at the end of a line; our migrations hold no triggers and no such text. */
export function statementsOf(sql: string): string[] {
  return sql
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("--"))
    .join("\n")
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
