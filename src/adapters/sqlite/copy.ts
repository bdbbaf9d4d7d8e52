/** A whole SQLite store as something to copy from or into, with its data directory taken so that no server works on it meanwhile. */
import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError, messageOf } from "#kernel/errors";
import { pendingMigrations, type AppliedMigration, type Migration } from "#kernel/migrations";
import { acquireLock } from "#kernel/process_lock";
import type { CopySource, CopyTarget, ResultMarks, StoreReader } from "#ports/store_copy";
import { resultsTable, storedTables, type StoredTable } from "#ports/stored_tables";
import { openSqlite, type Reader, type SqliteStore, type Transaction } from "./connection.ts";
import { readOrigin, readTableMarks, refuseHalfFilled, writeOrigin, writeTableMark } from "./copy_marks.ts";
import { beginResults, countResults, insertResults, readMarks, readResults } from "./copy_results.ts";
import { countRows, insertRows, nameOf, readRows } from "./copy_rows.ts";
import { migrate, migrations } from "./migrations.ts";

const databaseName = "uptimeping.db";
const keyName = "master.key";
/** A block is worth its compressor with so many results of a check. */
const resultsOfEachSeries = 60;

/** The database that a folder, or a name of a file, means. */
export function databaseFileOf(path: string): string {
  const isFolder = existsSync(path) ? statSync(path).isDirectory() : !path.endsWith(".db");
  const file = isFolder ? join(path, databaseName) : path;
  return existsSync(file) ? realpathSync(file) : file;
}

export async function openSqliteSource(path: string): Promise<CopySource> {
  const file = databaseFileOf(path);
  if (!existsSync(file)) throw new AppError("not_found", `there is nothing to migrate from: ${file} is not there`);
  const lock = acquireLock(join(dirname(file), "lock"));
  const store = open(file);
  const close = async () => {
    await store.close();
    lock.release();
  };
  try {
    refuseOther(store, file);
    const key = join(dirname(file), keyName);
    return { ...readerOf(store, file), keyPlace: existsSync(key) ? `the file ${key}` : "that of its server (master-key-file or master-key)", close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes nothing before `begin`. */
export function openSqliteTarget(path: string): CopyTarget {
  const file = databaseFileOf(path);
  if (basename(file) !== databaseName) throw new AppError("invalid_argument", `${file} cannot be migrated to: name the data directory, in which ${databaseName} is made`);
  let lock: ReturnType<typeof acquireLock> | undefined;
  let store: SqliteStore | undefined;
  let origin: ResultMarks = { newest: 0, counted: 0, relayed: 0 };

  const opened = (): SqliteStore => {
    makeFolder(dirname(file));
    lock ??= acquireLock(join(dirname(file), "lock"));
    return (store ??= open(file));
  };
  const reading = <T>(read: (reader: StoreReader) => Promise<T>) => read(readerOf(opened(), file));

  return {
    place: `the SQLite file ${file}`,
    keyPlace: existsSync(join(dirname(file), keyName)) ? "" : join(dirname(file), keyName),
    inspect: () => Promise.resolve(existsSync(file) ? inspect(opened()) : { state: "empty" }),
    async begin({ fingerprint, marks, nowMs }) {
      const into = opened();
      await migrate(into);
      const before = readOrigin(into);
      origin = before ? (JSON.parse(before.result_marks) as ResultMarks) : marks;
      if (before) return;
      await into.write((tx) => {
        writeOrigin(tx, { fingerprint, marks, nowMs });
        beginResults(tx, marks);
      });
    },
    marks: () => Promise.resolve(readTableMarks(opened())),
    rowsAtOnce: (table) => rowsAtOnce(opened(), table),
    put: (table, rows, mark) =>
      opened().write((tx) => {
        if (table === resultsTable) insertResults(tx, rows, origin);
        else insertRows(tx, table, rows);
        writeTableMark(tx, table.name, mark([]));
      }),
    finish: (end) => opened().write((tx) => finish(tx, end)),
    count: (table) => reading((reader) => reader.count(table)),
    page: (table, after, limit) => reading((reader) => reader.page(table, after, limit)),
    resultMarks: () => reading((reader) => reader.resultMarks()),
    epochs: () => reading((reader) => reader.epochs()),
    async close() {
      await store?.close();
      lock?.release();
    },
  };
}

function inspect(reader: Reader): Awaited<ReturnType<CopyTarget["inspect"]>> {
  const found = readOrigin(reader);
  if (found) return { state: found.finished_at === 0 ? "begun" : "finished", fingerprint: found.fingerprint, atMs: found.finished_at || found.begun_at };
  const used = storedTables.find((table) => table !== resultsTable && isThere(reader, table) && countRows(reader, table) > 0);
  return used ? { state: "used", table: used.name } : { state: "empty" };
}

function rowsAtOnce(reader: Reader, table: StoredTable): number {
  if (table !== resultsTable) return table.name === "proto_set_contents" ? 20 : 1_000;
  const series = countRows(reader, storedTables.find(({ name }) => name === "check_series")!);
  return Math.min(200_000, Math.max(50_000, resultsOfEachSeries * series));
}

function finish(tx: Transaction, { epochs, nowMs }: Parameters<CopyTarget["finish"]>[0]): void {
  for (const [name, epoch] of Object.entries(epochs)) {
    tx.run("INSERT INTO leases VALUES (?1, '', ?2, 0) ON CONFLICT (name) DO UPDATE SET epoch = max(epoch, ?2)", [name, epoch]);
  }
  tx.run("UPDATE store_copy SET finished_at = ?", [nowMs]);
}

function readerOf(reader: Reader, file: string): StoreReader {
  return {
    place: `the SQLite file ${file}`,
    count: async (table) => (table === resultsTable ? countResults(reader) : countRows(reader, table)),
    page: async (table, after, limit) => (table === resultsTable ? readResults(reader, after, limit) : readRows(reader, table, { after, limit })),
    resultMarks: async () => readMarks(reader),
    epochs: async () => Object.fromEntries(reader.all<{ name: string; epoch: number }>("SELECT name, epoch FROM leases").map(({ name, epoch }) => [name, epoch])),
  };
}

function open(file: string): SqliteStore {
  try {
    return openSqlite({
      path: file,
      groupMs: 0,
      // The write that failed is rejected, which ends the command.
      onFatal: () => {},
    });
  } catch (error) {
    throw new AppError("failed_precondition", `${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** Only what this very executable would work on: it copies what it knows, and nothing may be lost of what it does not. */
function refuseOther(store: SqliteStore, file: string): void {
  if (!isThere(store, { name: "schema_migrations" })) throw new AppError("failed_precondition", `${file} is no database of UptimePing`);
  const pending = pendingOf(store, file);
  const old = store.get<{ rows: number }>("SELECT count(*) AS rows FROM (SELECT 1 FROM result_log_a UNION ALL SELECT 1 FROM result_log_b LIMIT 1)");
  if (pending.length > 0 || old!.rows > 0) {
    throw new AppError("failed_precondition", `the SQLite file ${file} is older than this executable: start it once with uptimeping serve --data-dir ${dirname(file)}, which brings it up to date, and stop it`);
  }
  refuseHalfFilled(store, file);
}

function pendingOf(reader: Reader, file: string): Migration[] {
  try {
    return pendingMigrations(migrations, reader.all<AppliedMigration>("SELECT number, name, checksum FROM schema_migrations"));
  } catch (error) {
    throw new AppError("failed_precondition", `the SQLite file ${file} cannot be migrated: ${messageOf(error)}`, { cause: error });
  }
}

function isThere(reader: Reader, table: Pick<StoredTable, "name">): boolean {
  return reader.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [nameOf(table)]) !== undefined;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AppError("failed_precondition", `the data directory ${path} cannot be made: ${messageOf(error)}`, { cause: error });
  }
}
