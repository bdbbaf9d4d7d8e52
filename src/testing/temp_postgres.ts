/**
 * A migrated PostgreSQL database, empty, gone when the tests of its file end. Making one is slow and emptying one is not, so what a
 * test has given back serves the next one.
 */
import { SQL } from "bun";
import { silentLog } from "#kernel/log";
import { openPostgres, type PostgresStore } from "../adapters/postgres/connection.ts";
import { migrate } from "../adapters/postgres/migrations.ts";
import { atEndOfTests } from "./needs_service.ts";
import { serviceUrl } from "./services.ts";

export interface TempPostgres extends AsyncDisposable {
  store: PostgresStore;
  url: string;
}

interface Database extends AsyncDisposable {
  url: string;
}

interface Migrated extends Database {
  /** What the migrations have put into each table, as JSON. */
  contents: Map<string, string>;
}

const idle: Migrated[] = [];
atEndOfTests(async () => {
  for (const database of idle.splice(0)) await database[Symbol.asyncDispose]();
});

/** A database without anything in it. */
export async function createDatabase(): Promise<Database> {
  const server = serviceUrl("postgres");
  const name = `test_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  await using admin = closing(new SQL(server, { max: 1 }));
  await admin.sql.unsafe(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    async [Symbol.asyncDispose]() {
      await using last = closing(new SQL(server, { max: 1 }));
      await last.sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

export async function openTempPostgres(): Promise<TempPostgres> {
  const database = idle.pop() ?? (await createMigrated());
  const store = openPostgres({ url: database.url, connections: 4, log: silentLog });
  return {
    store,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await store.close();
      if (await emptied(database)) idle.push(database);
      else await database[Symbol.asyncDispose]();
    },
  };
}

async function createMigrated(): Promise<Migrated> {
  const database = await createDatabase();
  const store = openPostgres({ url: database.url, connections: 1, log: silentLog });
  await migrate(store);
  await store.close();
  await using at = closing(new SQL(database.url, { max: 1 }));
  const contents = new Map<string, string>();
  for (const table of await tablesOf(at.sql)) {
    const [row] = (await at.sql.unsafe(`SELECT coalesce(json_agg(it), '[]')::text AS rows FROM ${table} AS it`)) as { rows: string }[];
    contents.set(table, row!.rows);
  }
  return { ...database, contents };
}

/** False when it cannot be made as new. */
async function emptied({ url, contents }: Migrated): Promise<boolean> {
  await using at = closing(new SQL(url, { max: 1 }));
  const { sql } = at;
  try {
    // Without the checks of foreign keys the order does not matter.
    await sql.unsafe("SET session_replication_role = replica");
    await sql.unsafe("SET lock_timeout = '2s'");
    const now = await tablesOf(sql);
    if ([...contents.keys()].some((table) => !now.includes(table))) return false;
    const added = now.filter((table) => !contents.has(table));
    if (added.length > 0) await sql.unsafe(`DROP TABLE IF EXISTS ${added.join(", ")} CASCADE`);
    for (const [table, rows] of contents) {
      await sql.unsafe(`DELETE FROM ${table}`);
      if (rows !== "[]") await sql.unsafe(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::text::json)`, [rows]);
    }
    await sql.unsafe("SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences WHERE schemaname = 'public'");
    return true;
  } catch {
    return false;
  }
}

async function tablesOf(sql: SQL): Promise<string[]> {
  const rows = (await sql.unsafe("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) as { tablename: string }[];
  return rows.map((row) => row.tablename);
}

function closing(sql: SQL): { sql: SQL } & AsyncDisposable {
  return { sql, [Symbol.asyncDispose]: () => sql.close({ timeout: 1 }) };
}
