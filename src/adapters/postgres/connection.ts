/**
 * One PostgreSQL database, many processes. Reads run by themselves; what is written runs in a transaction of read committed, which
 * for a role that leads begins with a look at its lease (`fenced`).
 */
import { SQL } from "bun";
import { AppError } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { asAppError, isCollision, isReadOnly } from "./failures.ts";
import { type Params, positional } from "./params.ts";
import { createSeats } from "./seats.ts";
import { createWatch, type Watch } from "./watch.ts";

/** Parameters stand as $1, $2, … or as $name; an array goes as one, with a cast: `$1::text[]`. bigint comes back as a number, bytea as bytes. */
export interface Reader {
  /** The first row, or undefined. */
  get<T>(sql: string, params?: Params): Promise<T | undefined>;
  all<T>(sql: string, params?: Params): Promise<T[]>;
}

export interface Transaction extends Reader {
  /** Gives the number of rows changed. */
  run(sql: string, params?: Params): Promise<number>;
}

export interface PostgresStore extends Reader {
  /**
   * Runs `work` in one transaction and resolves with what it gave once that is committed; nothing of it stays when it throws. It may
   * run more than once, after a deadlock or a failed serialisation, so it changes nothing but the database, and that by `tx` alone.
   * Rejects with `already_exists` for what a unique index refuses, and with `unavailable` when the server cannot be reached; then
   * nobody knows whether it was committed, so what is asked again must be safe to do twice.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The same for one statement; gives the number of rows changed. */
  run(sql: string, params?: Params): Promise<number>;
  close(): Promise<void>;
}

export interface PostgresOptions {
  url: string;
  /** At most. */
  connections: number;
  log: Log;
  /** 0 for a store that waits and works without end: migrations. */
  statementTimeoutMs?: number;
  /** How long past that an answer may be overdue. */
  silenceMs?: number;
}

/**
 * All below the 12 s of a lease: what a leader that died or stands still has open ends before its lease does, and holds up nobody who
 * takes over.
 */
const statementTimeoutMs = 10_000;
const lockTimeoutMs = 5_000;
const idleInTransactionTimeoutMs = 8_000;

const connectTimeoutMs = 5_000;
/** A server that answers at all ends a statement at its timeout: past this, nobody is there. A new connection may have to be made first. */
const silenceMs = connectTimeoutMs + 3_000;
const patienceMs = 15_000;
const closeWithinS = 5;
const attempts = 5;

type Query = (sql: string, params?: Params) => Promise<Result>;

interface Result extends Array<Record<string, unknown>> {
  count: number;
}

/** A burst opens what it needs, and the server gets it back. */
const idleTimeoutMs = 60_000;

export function openPostgres(options: PostgresOptions): PostgresStore {
  const { log } = options;
  const timeoutMs = options.statementTimeoutMs ?? statementTimeoutMs;
  const overdueMs = timeoutMs === 0 ? 0 : timeoutMs + (options.silenceMs ?? silenceMs);
  const seats = createSeats(options.connections, patienceMs);
  let pool = connect(options, timeoutMs);
  let closed = false;

  /** What was asked of a server that is gone never ends by itself: its connections are given up, and new ones made. */
  const giveUp = (useless: SQL, reason: string) => {
    if (pool !== useless || closed) return;
    log.warn("the database is connected to anew", { reason });
    pool = connect(options, timeoutMs);
    useless.close({ timeout: 0 }).catch(() => {});
  };
  const onPool = <T>(work: (sql: SQL, watch: Watch) => Promise<T>): Promise<T> =>
    seats.take(async () => {
      if (closed) throw new AppError("unavailable", "the database cannot be reached: this process is ending");
      const sql = pool;
      const watch = createWatch(overdueMs, () => giveUp(sql, `it gave no answer for ${overdueMs} ms`));
      try {
        return await watch.over(work(sql, watch));
      } catch (error) {
        if (isReadOnly(error)) giveUp(sql, "it cannot be written any more");
        throw error;
      }
    });

  const once = <T>(work: (tx: Transaction) => Promise<T>) =>
    onPool((sql, watch) => {
      watch.asked();
      return sql.begin(async (connection) => {
        watch.answered();
        const { tx, failure } = transactionOn((text, params) => watch.while(connection.unsafe(...positional(text, params ?? [])) as PromiseLike<Result>));
        failpoint("transaction_begun");
        const value = await work(tx);
        // PostgreSQL answers the COMMIT of a transaction in which a statement failed with a quiet rollback.
        if (failure()) throw failure();
        failpoint("before_commit");
        watch.asked();
        return value;
      }) as Promise<T>;
    });

  const one: Query = (text, params) => onPool((sql, watch) => watch.while(sql.unsafe(...positional(text, params ?? [])) as PromiseLike<Result>));
  return {
    ...readerOf(one),
    write: async (work) => {
      const value = await untilNoCollision(() => once(work));
      failpoint("after_commit");
      return value;
    },
    run: async (text, params) => (await untilNoCollision(() => one(text, params))).count,
    async close() {
      if (closed) return;
      closed = true;
      await pool.close({ timeout: closeWithinS });
    },
  };
}

/**
 * What a role writes while it leads. Each transaction holds the lease's row against a take-over until it commits, so that whoever
 * leads next sees all of it, and one that begins after a take-over is refused. FOR KEY SHARE conflicts with a change of the epoch,
 * which is part of a key of `leases`, and not with the leader's own renewals, which would wait for every transaction under FOR SHARE.
 */
export function fenced(store: PostgresStore, name: string, epochOf: () => number): PostgresStore {
  const write: PostgresStore["write"] = (work) =>
    store.write(async (tx) => {
      const epoch = epochOf();
      const held = await tx.get("SELECT 1 AS held FROM leases WHERE name = $1 AND epoch = $2 FOR KEY SHARE", [name, epoch]);
      if (!held) throw new AppError("failed_precondition", `another process leads ${name} now: what this one leads with, epoch ${epoch}, is over`);
      return work(tx);
    });
  return { ...store, write, run: (sql, params) => write((tx) => tx.run(sql, params)) };
}

function connect({ url, connections }: PostgresOptions, timeoutMs: number): SQL {
  return new SQL(url, {
    max: connections,
    idleTimeout: idleTimeoutMs / 1_000,
    bigint: true,
    connectionTimeout: connectTimeoutMs / 1_000,
    connection: {
      application_name: "uptimeping",
      statement_timeout: String(timeoutMs),
      lock_timeout: String(timeoutMs === 0 ? 0 : lockTimeoutMs),
      idle_in_transaction_session_timeout: String(timeoutMs === 0 ? 0 : idleInTransactionTimeoutMs),
    },
  });
}

async function untilNoCollision<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error) || attempt === attempts) throw asAppError(error);
    }
    // Not at once, and not in step with the other side of the collision.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
  }
}

function readerOf(query: Query): Reader {
  const rows = async <T>(sql: string, params?: Params) => {
    try {
      return (await query(sql, params)).map(plain) as T[];
    } catch (error) {
      throw asAppError(error);
    }
  };
  return { all: rows, get: async <T>(sql: string, params?: Params) => (await rows<T>(sql, params))[0] };
}

/** Statements of one open transaction; `failure` is the first that failed. Errors stay raw, so that collisions are recognised. */
function transactionOn(query: Query): { tx: Transaction; failure: () => unknown } {
  let failed: unknown;
  const noting: Query = async (sql, params) => {
    try {
      return await query(sql, params);
    } catch (error) {
      failed ??= error;
      throw error;
    }
  };
  const all = async <T>(sql: string, params?: Params) => (await noting(sql, params)).map(plain) as T[];
  return {
    failure: () => failed,
    tx: { all, get: async <T>(sql: string, params?: Params) => (await all<T>(sql, params))[0], run: async (sql, params) => (await noting(sql, params)).count },
  };
}

/** Our bigint are times and counts: they fit a number, and one that would not is an error and never a wrong value. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  for (const key in row) {
    const value = row[key];
    if (typeof value === "bigint") row[key] = numberOf(value);
    else if (Array.isArray(value) && typeof value[0] === "bigint") row[key] = value.map(numberOf);
  }
  return row;
}

function numberOf(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new AppError("internal", `the database holds a number that is too large: ${value}`);
  return number;
}
