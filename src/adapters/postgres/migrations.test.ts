import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { Migration } from "#kernel/migrations";
import { silentLog } from "#kernel/log";
import { describeWith } from "../../testing/needs_service.ts";
import { createDatabase } from "../../testing/temp_postgres.ts";
import { openPostgres, type PostgresStore } from "./connection.ts";
import { migrate, migrations } from "./migrations.ts";

const folder = new URL("../../../migrations/postgres/", import.meta.url);

async function open() {
  const database = await createDatabase();
  const store = openPostgres({ url: database.url, connections: 2, log: silentLog });
  return {
    store,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const first: Migration = { number: 1, name: "first", sql: "-- a; comment\nCREATE TABLE one (id bigint PRIMARY KEY);\nCREATE INDEX one_by_id\n  ON one (id);\n" };
const second: Migration = { number: 2, name: "second", sql: "CREATE TABLE two (id bigint PRIMARY KEY);\nINSERT INTO one (id) VALUES (7);\n" };

const applied = async (store: PostgresStore) => (await store.all<{ number: number }>("SELECT number FROM schema_migrations ORDER BY number")).map((row) => row.number);
const tables = async (store: PostgresStore) =>
  (await store.all<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1")).map((row) => row.name);

describe("the table of postgres migrations", () => {
  test("is the folder: every file, in its order, with its text, and every number once", () => {
    const files = readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1));
    expect(migrations.map(({ number, name }) => `${String(number).padStart(4, "0")}_${name}.sql`)).toEqual(files);
    expect(migrations.map(({ sql }) => sql)).toEqual(files.map((name) => readFileSync(new URL(name, folder), "utf8")));
    expect(new Set(migrations.map(({ number }) => number)).size).toBe(migrations.length);
  });
});

describeWith("postgres", "a postgres database", () => {
  test("gets all migrations, once, from ten processes that start at the same time", async () => {
    await using at = await open();
    const processes = Array.from({ length: 10 }, () => openPostgres({ url: at.url, connections: 1, log: silentLog, statementTimeoutMs: 0 }));
    await Promise.all(processes.map((store) => migrate(store)));
    await Promise.all(processes.map((store) => store.close()));
    expect(await applied(at.store)).toEqual(migrations.map(({ number }) => number));
  });

  test("orders what it has an index for by its bytes, as SQLite does, whatever its locale and the version of that", async () => {
    await using at = await open();
    await migrate(at.store);
    const others = await at.store.all(
      `SELECT indexrelid::regclass::text AS index FROM pg_index JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace
       WHERE EXISTS (SELECT 1 FROM unnest(indcollation) AS used WHERE used NOT IN (0, '"C"'::regcollation)) AND relname <> 'schema_migrations'`,
    );
    expect(others).toEqual([]);
  });

  test("gets what it lacks, in order", async () => {
    await using at = await open();
    await migrate(at.store, [first]);
    await migrate(at.store, [first, second]);
    expect([await applied(at.store), await tables(at.store), await at.store.all("SELECT id FROM one")]).toEqual([[1, 2], ["one", "two"], [{ id: 7 }]]);
  });

  test("whose migration broke off in its middle holds nothing of it, and goes on from there", async () => {
    await using at = await open();
    const broken = { ...second, sql: "CREATE TABLE two (id bigint PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n" };
    await expect(migrate(at.store, [first, broken])).rejects.toThrow('relation "nowhere" does not exist');
    expect([await applied(at.store), await tables(at.store)]).toEqual([[1], ["one"]]);
    await migrate(at.store, [first, second]);
    expect(await applied(at.store)).toEqual([1, 2]);
  });

  test("that is newer than the executable is refused, and nothing is changed", async () => {
    await using at = await open();
    await migrate(at.store, [first, second]);
    await expect(migrate(at.store, [first])).rejects.toMatchObject({
      code: "failed_precondition",
      message: "the database is newer than this executable: it has migration 2, this knows up to 1",
    });
  });

  test("whose history differs is refused, before anything is applied", async () => {
    await using at = await open();
    await migrate(at.store, [first]);
    const edited = { ...first, sql: `${first.sql}-- edited\n` };
    await expect(migrate(at.store, [edited, second])).rejects.toThrow("the database was made by a different build: migration 1 (first) has another checksum");
    expect(await applied(at.store)).toEqual([1]);
  });
});
