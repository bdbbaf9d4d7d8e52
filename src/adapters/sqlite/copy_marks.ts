/** What a store that is being filled from another remembers of it. */
import { AppError } from "#kernel/errors";
import type { CopyMark, ResultMarks } from "#ports/store_copy";
import type { Reader, Transaction } from "./connection.ts";

export interface Origin {
  fingerprint: string;
  begun_at: number;
  /** 0 while it is under way. */
  finished_at: number;
  result_marks: string;
}

export function readOrigin(reader: Reader): Origin | undefined {
  if (!reader.get("SELECT 1 FROM sqlite_master WHERE name = 'store_copy'")) return undefined;
  return reader.get<Origin>("SELECT fingerprint, begun_at, finished_at, result_marks FROM store_copy");
}

/** Half an installation would be taken for a whole one. */
export function refuseHalfFilled(reader: Reader, place: string): void {
  if (readOrigin(reader)?.finished_at !== 0) return;
  throw new AppError("failed_precondition", `${place} is being filled by uptimeping migrate, which has not come to its end: run that again`);
}

export function writeOrigin(tx: Transaction, { fingerprint, marks, nowMs }: { fingerprint: string; marks: ResultMarks; nowMs: number }): void {
  tx.run("CREATE TABLE store_copy (id INTEGER PRIMARY KEY CHECK (id = 1), fingerprint TEXT NOT NULL, begun_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, result_marks TEXT NOT NULL) STRICT");
  tx.run("CREATE TABLE store_copy_tables (name TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT");
  tx.run("INSERT INTO store_copy VALUES (1, ?, ?, 0, ?)", [fingerprint, nowMs, JSON.stringify(marks)]);
}

export function readTableMarks(reader: Reader): Record<string, CopyMark> {
  const rows = reader.all<{ name: string; mark: string }>("SELECT name, mark FROM store_copy_tables");
  return Object.fromEntries(rows.map(({ name, mark }) => [name, JSON.parse(mark) as CopyMark]));
}

export function writeTableMark(tx: Transaction, name: string, mark: CopyMark): void {
  tx.run("INSERT OR REPLACE INTO store_copy_tables VALUES (?, ?)", [name, JSON.stringify(mark)]);
}
