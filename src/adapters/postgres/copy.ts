/**
 * A whole PostgreSQL database as something to copy from or into. One transaction stays open as long as that lasts. That of a source
 * keeps the leases from being taken or renewed, so that no role that leads works on it, and sees everything as it was at one instant;
 * that of a target keeps a second copy away, while servers are kept away by the mark that it is half filled.
 */
import { systemClock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import { pendingMigrations, type AppliedMigration, type Migration } from "#kernel/migrations";
import type { CopySource, CopyTarget, ResultMarks, StoreReader } from "#ports/store_copy";
import { resultsTable, storedTables } from "#ports/stored_tables";
import { openPostgres, type PostgresStore, type Reader, type Transaction } from "./connection.ts";
import { isThere, readOrigin, readTableMarks, refuseHalfFilled, writeOrigin, writeTableMark } from "./copy_marks.ts";
import { beginResults, countResults, endResults, insertResults, readMarks, readResults } from "./copy_results.ts";
import { countRows, insertRows, moveIdentitiesOn, nameOf, readRows } from "./copy_rows.ts";
import { migrate, migrations } from "./migrations.ts";
import { placeOf, reachPostgres } from "./reach.ts";
import { createResultDays, type ResultDays } from "./result_days.ts";

const reachWithinMs = 5_000;
/** "uptimeping" on a telephone, and one more. */
const copyLock = 878_463_7465;

export async function openPostgresSource(url: string): Promise<CopySource> {
  const store = await reach(url);
  try {
    const held = await holdOpen(store, async (tx) => {
      await tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      await tx.run("SET LOCAL lock_timeout = '10s'");
      if (!(await isThere(store, "schema_migrations"))) throw new AppError("failed_precondition", `${placeOf(url)} holds nothing of UptimePing`);
      if (await isThere(store, "leases")) await tx.run("LOCK TABLE leases IN SHARE ROW EXCLUSIVE MODE");
      await refuseOther(tx, url);
    });
    const close = async () => {
      await held.end();
      await store.close();
    };
    return { ...readerOf(held.tx, url), keyPlace: "that of its processes (master-key-file or master-key)", close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export async function openPostgresTarget(url: string): Promise<CopyTarget> {
  const store = await reach(url);
  const days = createResultDays(store);
  let origin: ResultMarks = { newest: 0, counted: 0, relayed: 0 };
  let held: Held | undefined;

  return {
    ...readerOf(store, url),
    keyPlace: "",
    inspect: () => inspect(store, url),
    async begin({ fingerprint, marks, nowMs }) {
      held = await holdOpen(store, (tx) => takeAlone(tx, url));
      await migrate(store);
      const before = await readOrigin(store);
      origin = before ? (JSON.parse(before.result_marks) as ResultMarks) : marks;
      await days.open();
      if (before) return;
      await store.write(async (tx) => {
        await writeOrigin(tx, { fingerprint, marks, nowMs });
        await beginResults(tx, marks);
      });
    },
    marks: () => readTableMarks(store),
    rowsAtOnce: ({ name }) => (name === resultsTable.name ? 10_000 : name === "proto_set_contents" ? 20 : 500),
    put: (table, rows, mark) => putPage({ store, days, origin }, { table, rows, mark }),
    async finish({ epochs, nowMs }) {
      await store.write(async (tx) => {
        for (const [name, epoch] of Object.entries(epochs)) {
          await tx.run("INSERT INTO leases VALUES ($1, '', $2, 0) ON CONFLICT (name) DO UPDATE SET epoch = greatest(leases.epoch, excluded.epoch)", [name, epoch]);
        }
        await moveIdentitiesOn(tx);
        await endResults(tx);
        await tx.run("UPDATE store_copy SET finished_at = $1", [nowMs]);
      });
      // What was filled all at once has not been looked at by the planner.
      await store.run("ANALYZE");
    },
    async close() {
      await held?.end();
      await store.close();
    },
  };
}

interface Put {
  table: Parameters<CopyTarget["put"]>[0];
  rows: Parameters<CopyTarget["put"]>[1];
  mark: Parameters<CopyTarget["put"]>[2];
}

async function putPage({ store, days, origin }: { store: PostgresStore; days: ResultDays; origin: ResultMarks }, { table, rows, mark }: Put): Promise<void> {
  const slot = resultsTable.columns.findIndex(({ name }) => name === "slot");
  if (table.name === resultsTable.name) await days.ensure(rows.map((row) => row[slot] as number));
  await store.write(async (tx) => {
    const leftOut = table.name === resultsTable.name ? await insertResults(tx, rows, origin) : await insertRows(tx, table, rows).then(() => []);
    await writeTableMark(tx, table.name, mark(leftOut));
  });
}

async function inspect(store: PostgresStore, url: string): ReturnType<CopyTarget["inspect"]> {
  const found = await readOrigin(store);
  if (found?.finished_at) return { state: "finished", fingerprint: found.fingerprint, atMs: found.finished_at };
  if (await isThere(store, "leases")) await refuseLed(store, url);
  if (found) return { state: "begun", fingerprint: found.fingerprint, atMs: found.begun_at };
  for (const name of storedTables.map(nameOf)) {
    if (!(await isThere(store, name))) continue;
    if ((await store.get<{ used: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${name}) AS used`))!.used) return { state: "used", table: name };
  }
  return { state: "empty" };
}

function readerOf(reader: Reader, url: string): StoreReader {
  return {
    place: placeOf(url),
    count: (table) => (table.name === resultsTable.name ? countResults(reader) : countRows(reader, table)),
    page: (table, after, limit) => (table.name === resultsTable.name ? readResults(reader, after, limit) : readRows(reader, table, { after, limit })),
    resultMarks: () => readMarks(reader),
    epochs: async () => Object.fromEntries((await reader.all<{ name: string; epoch: number }>("SELECT name, epoch FROM leases")).map(({ name, epoch }) => [name, epoch])),
  };
}

async function reach(url: string): Promise<PostgresStore> {
  await reachPostgres({ url, clock: systemClock, log: silentLog, withinMs: reachWithinMs });
  return openPostgres({ url, connections: 3, log: silentLog, statementTimeoutMs: 0 });
}

async function refuseOther(reader: Reader, url: string): Promise<void> {
  const applied = await reader.all<AppliedMigration>("SELECT number, name, checksum FROM schema_migrations");
  const pending = pendingOf(applied, url);
  if (pending.length > 0) {
    throw new AppError("failed_precondition", `${placeOf(url)} is older than this executable: start uptimeping serve once with this database-url, which brings it up to date, and stop it`);
  }
  await refuseLed(reader, url);
  await refuseHalfFilled(reader, placeOf(url));
}

function pendingOf(applied: readonly AppliedMigration[], url: string): Migration[] {
  try {
    return pendingMigrations(migrations, applied);
  } catch (error) {
    throw new AppError("failed_precondition", `${placeOf(url)} cannot be migrated: ${messageOf(error)}`, { cause: error });
  }
}

async function refuseLed(reader: Reader, url: string): Promise<void> {
  const led = await reader.get<{ name: string; holder: string }>("SELECT name, holder FROM leases WHERE until > extract(epoch FROM clock_timestamp()) * 1000 LIMIT 1");
  if (led) throw new AppError("failed_precondition", `${placeOf(url)} is in use: ${led.holder} leads ${led.name}; stop every uptimeping that works on it (what was killed holds on for 12 seconds)`);
}

/** One that was killed holds its lock until the server has noticed. */
const lockTries = 30;
const lockEveryMs = 100;

async function takeAlone(tx: Transaction, url: string): Promise<void> {
  for (let left = lockTries; ; left--) {
    const taken = await tx.get<{ alone: boolean }>(`SELECT pg_try_advisory_xact_lock(${copyLock}) AS alone`);
    if (taken!.alone) return;
    if (left === 0) throw new AppError("failed_precondition", `${placeOf(url)} is in use: another uptimeping migrate fills it`);
    await Bun.sleep(lockEveryMs);
  }
}

interface Held {
  tx: Transaction;
  end(): Promise<void>;
}

/** A transaction that stays open until its end is asked for; rejects with what `first` throws. */
function holdOpen(store: PostgresStore, first: (tx: Transaction) => Promise<void>): Promise<Held> {
  return new Promise((resolve, reject) => {
    let finish = () => {};
    const finished = new Promise<void>((done) => (finish = done));
    const whole: Promise<void> = store.write(async (tx) => {
      await first(tx);
      resolve({
        tx,
        end() {
          finish();
          return whole;
        },
      });
      await finished;
    });
    whole.catch(reject);
  });
}
