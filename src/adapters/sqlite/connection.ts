/**
 * One SQLite file, one process, one writer. Writes of everybody join a group commit: they run together in one
 * transaction with `synchronous=FULL`, so that what was acknowledged is on disk and yet an fsync is shared by hundreds.
 */
import { Database, type SQLQueryBindings } from "bun:sqlite";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";

export type Params = Record<string, SQLQueryBindings> | SQLQueryBindings[];

export interface Reader {
  /** The first row, or undefined. Parameters are named `$name` (keys without `$`) or positional; booleans become 0 and 1. */
  get<T>(sql: string, params?: Params): T | undefined;
  all<T>(sql: string, params?: Params): T[];
}

export interface Transaction extends Reader {
  /** Gives the number of rows changed. */
  run(sql: string, params?: Params): number;
}

export interface SqliteStore extends Reader {
  /**
   * Runs `work` in the next group commit and resolves with what it gave once that is on disk. `work` is synchronous and
   * atomic: when it throws, only its own changes are undone. Works run in the order in which they were asked for.
   * The commit comes at the end of this turn of the event loop, and takes everything along that waits.
   */
  write<T>(work: (tx: Transaction) => T): Promise<T>;
  /** The same for what nobody waits for: the commit may come up to `groupMs` later, so that many share one. */
  writeSoon<T>(work: (tx: Transaction) => T): Promise<T>;
  /** Commits what waits, checkpoints and closes. */
  close(): Promise<void>;
  readonly path: string;
}

export interface SqliteOptions {
  /** ":memory:" is allowed. */
  path: string;
  /** How long `writeSoon` waits for others. */
  groupMs: number;
  /**
   * Called when a commit failed. Linux may drop the dirty pages and report success next time, so nothing may be
   * acknowledged after it: the caller ends the process.
   */
  onFatal: (error: Error) => void;
}

// The WAL-reset bug of earlier versions can corrupt a database.
const oldestSqlite = [3, 51, 3];

interface PendingWrite {
  work: (tx: Transaction) => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

export function openSqlite(options: SqliteOptions): SqliteStore {
  const db = openFile(options.path);
  const tx: Transaction = {
    get: (sql, params = []) => (db.query(sql).get(...bind(params)) ?? undefined) as never,
    all: (sql, params = []) => db.query(sql).all(...bind(params)) as never,
    run: (sql, params = []) => db.query(sql).run(...bind(params)).changes,
  };

  let pending: PendingWrite[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let immediate: ReturnType<typeof setImmediate> | undefined;
  let dead: AppError | undefined;
  let closed = false;

  const commit = () => {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = undefined;
    immediate = undefined;
    if (pending.length === 0 || dead) return;
    const group = pending;
    pending = [];
    const settle: (() => void)[] = [];
    try {
      tx.run("BEGIN IMMEDIATE");
      failpoint("transaction_begun");
      for (const write of group) settle.push(attempt(tx, write));
      failpoint("before_commit");
      tx.run("COMMIT");
      failpoint("after_commit");
    } catch (error) {
      dead = new AppError("internal", `the database cannot be written: ${messageOf(error)}`, { cause: error });
      for (const write of [...group, ...pending]) write.reject(dead);
      pending = [];
      options.onFatal(dead);
      return;
    }
    for (const done of settle) done();
  };

  const add = <T>(work: (tx: Transaction) => T): Promise<T> => {
    if (dead) return Promise.reject(dead);
    return new Promise((resolve, reject) => pending.push({ work, resolve: resolve as never, reject }));
  };

  return {
    path: options.path,
    get: tx.get,
    all: tx.all,
    write(work) {
      immediate ??= setImmediate(commit);
      return add(work);
    },
    writeSoon(work) {
      timer ??= setTimeout(commit, options.groupMs);
      return add(work);
    },
    async close() {
      if (closed) return;
      closed = true;
      commit();
      if (!dead) db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      db.close();
    },
  };
}

function openFile(path: string): Database {
  const db = new Database(path, { create: true, strict: true });
  // busy_timeout before journal_mode: in the other order a process that opens while another recovers dies at start.
  db.run("PRAGMA busy_timeout = 5000");
  refuseOldSqlite(db);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run("PRAGMA foreign_keys = ON");
  db.run("PRAGMA mmap_size = 0");
  db.run("PRAGMA cache_size = -32000");
  return db;
}

/** Runs one write inside the open transaction; gives what to do once the commit stands. */
function attempt(tx: Transaction, write: PendingWrite): () => void {
  tx.run("SAVEPOINT one");
  try {
    const value = write.work(tx);
    tx.run("RELEASE one");
    return () => write.resolve(value as never);
  } catch (error) {
    if (isDiskFault(error)) throw error;
    tx.run("ROLLBACK TO one");
    tx.run("RELEASE one");
    return () => write.reject(asAppError(error));
  }
}

function bind(params: Params): SQLQueryBindings[] {
  return Array.isArray(params) ? params : [params as never];
}

function isDiskFault(error: unknown): boolean {
  return /^SQLITE_(IOERR|CORRUPT|FULL|NOTADB|READONLY)/.test((error as { code?: string }).code ?? "");
}

function asAppError(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? "";
  if (code.startsWith("SQLITE_CONSTRAINT_UNIQUE") || code.startsWith("SQLITE_CONSTRAINT_PRIMARYKEY")) {
    return new AppError("already_exists", "there is already one like it", { cause: error });
  }
  return error;
}

function refuseOldSqlite(db: Database): void {
  const { version } = db.query("SELECT sqlite_version() AS version").get() as { version: string };
  const parts = version.split(".").map(Number);
  const older = oldestSqlite.findIndex((part, i) => parts[i] !== part);
  if (older >= 0 && parts[older]! < oldestSqlite[older]!) {
    throw new AppError("failed_precondition", `SQLite ${version} can corrupt a database in WAL mode: at least ${oldestSqlite.join(".")} is needed`);
  }
}
