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

export async function readOrigin(reader: Reader): Promise<Origin | undefined> {
  if (!(await isThere(reader, "store_copy"))) return undefined;
  return reader.get<Origin>("SELECT fingerprint, begun_at, finished_at, result_marks FROM store_copy");
}

/** Half an installation would be taken for a whole one. */
export async function refuseHalfFilled(reader: Reader, place: string): Promise<void> {
  if ((await readOrigin(reader))?.finished_at !== 0) return;
  throw new AppError("failed_precondition", `${place} is being filled by uptimeping migrate, which has not come to its end: run that again`);
}

export async function writeOrigin(tx: Transaction, { fingerprint, marks, nowMs }: { fingerprint: string; marks: ResultMarks; nowMs: number }): Promise<void> {
  await tx.run("CREATE TABLE store_copy (id integer PRIMARY KEY CHECK (id = 1), fingerprint text NOT NULL, begun_at bigint NOT NULL, finished_at bigint NOT NULL, result_marks text NOT NULL)");
  await tx.run("CREATE TABLE store_copy_tables (name text PRIMARY KEY, mark text NOT NULL)");
  await tx.run("INSERT INTO store_copy VALUES (1, $1, $2, 0, $3)", [fingerprint, nowMs, JSON.stringify(marks)]);
}

export async function readTableMarks(reader: Reader): Promise<Record<string, CopyMark>> {
  const rows = await reader.all<{ name: string; mark: string }>("SELECT name, mark FROM store_copy_tables");
  return Object.fromEntries(rows.map(({ name, mark }) => [name, JSON.parse(mark) as CopyMark]));
}

export async function writeTableMark(tx: Transaction, name: string, mark: CopyMark): Promise<void> {
  await tx.run("INSERT INTO store_copy_tables VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET mark = excluded.mark", [name, JSON.stringify(mark)]);
}

export async function isThere(reader: Reader, table: string): Promise<boolean> {
  return (await reader.get<{ found: boolean }>("SELECT to_regclass($1) IS NOT NULL AS found", [table]))!.found;
}
