import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { openSqlite } from "./connection.ts";
import type { Migration } from "#kernel/migrations";
import { migrate, migrations } from "./migrations.ts";

const folder = new URL("../../../migrations/sqlite/", import.meta.url);

function open() {
  const store = openSqlite({
    path: ":memory:",
    groupMs: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

const first: Migration = { number: 1, name: "first", sql: "-- a; comment\nCREATE TABLE one (id INTEGER PRIMARY KEY) STRICT;\nCREATE INDEX one_by_id\n  ON one (id);\n" };
const second: Migration = { number: 2, name: "second", sql: "CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO one (id) VALUES (7);\n" };

type Temp = ReturnType<typeof open>;
const applied = ({ store }: Temp) => store.all<{ number: number }>("SELECT number FROM schema_migrations ORDER BY number").map((row) => row.number);
const tables = ({ store }: Temp) => store.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migrations' ORDER BY name").map((row) => row.name);

describe("the table of migrations", () => {
  test("is the folder: every file, in its order, with its text", () => {
    const files = readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1));
    expect(migrations.map(({ number, name }) => `${String(number).padStart(4, "0")}_${name}.sql`)).toEqual(files);
    expect(migrations.map(({ sql }) => sql)).toEqual(files.map((name) => readFileSync(new URL(name, folder), "utf8")));
  });

  test("numbers ascend, and tables are strict", () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map(({ number }) => number).toSorted((a, b) => a - b));
    for (const { name, sql } of migrations) {
      const statements = sql.split(/;\s*\n/).filter((statement) => /^\s*(--.*\n\s*)*CREATE TABLE/.test(statement));
      for (const statement of statements) expect({ name, strict: /\)\s*STRICT/.test(statement) }).toEqual({ name, strict: true });
    }
  });

  test("applies to an empty database, and again to the same one without a change", async () => {
    await using at = open();
    await migrate(at.store);
    const before = at.store.all("SELECT * FROM sqlite_master");
    await migrate(at.store);
    expect(at.store.all("SELECT * FROM sqlite_master")).toEqual(before);
    expect(applied(at)).toEqual(migrations.map(({ number }) => number));
  });
});

describe("a database", () => {
  test("gets what it lacks, in order", async () => {
    await using at = open();
    await migrate(at.store, [first]);
    await migrate(at.store, [first, second]);
    expect([applied(at), tables(at), at.store.all("SELECT id FROM one")]).toEqual([[1, 2], ["one", "two"], [{ id: 7 }]]);
  });

  test("whose migration broke off in its middle holds nothing of it, and goes on from there", async () => {
    await using at = open();
    const broken = { ...second, sql: "CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT;\nINSERT INTO nowhere VALUES (1);\n" };
    await expect(migrate(at.store, [first, broken])).rejects.toThrow("no such table: nowhere");
    expect([applied(at), tables(at)]).toEqual([[1], ["one"]]);
    await migrate(at.store, [first, second]);
    expect(applied(at)).toEqual([1, 2]);
  });

  test("that is newer than the executable is refused, and nothing is changed", async () => {
    await using at = open();
    await migrate(at.store, [first, second]);
    await expect(migrate(at.store, [first])).rejects.toMatchObject({
      code: "failed_precondition",
      message: "the database is newer than this executable: it has migration 2, this knows up to 1",
    });
  });

  test("whose history differs is refused, before anything is applied", async () => {
    await using at = open();
    await migrate(at.store, [first]);
    const edited = { ...first, sql: `${first.sql}-- edited\n` };
    await expect(migrate(at.store, [edited, second])).rejects.toThrow("the database was made by a different build: migration 1 (first) has another checksum");
    expect(applied(at)).toEqual([1]);
  });
});
