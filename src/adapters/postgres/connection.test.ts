import { expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import { describeWith } from "../../testing/needs_service.ts";
import { createDatabase } from "../../testing/temp_postgres.ts";
import { openPostgres, type PostgresOptions, type PostgresStore } from "./connection.ts";

async function open(change: Partial<PostgresOptions> = {}) {
  const database = await createDatabase();
  const store = openPostgres({ url: database.url, connections: 4, log: silentLog, ...change });
  await store.run("CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, text text NOT NULL UNIQUE)");
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const add = (store: PostgresStore, text: string) => store.write((tx) => tx.run("INSERT INTO notes (text) VALUES ($1)", [text]));
const notesOf = async (store: PostgresStore) => (await store.all<{ text: string }>("SELECT text FROM notes ORDER BY id")).map((row) => row.text);
/** Fails as if another transaction had been in the way. */
const collide = "DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$";

describeWith("postgres", "postgres values", () => {
  test("come back as numbers, texts, bytes, booleans, lists and null", async () => {
    await using at = await open();
    const values = { big: 1_780_000_000_000, small: 7, text: "12", bytes: new Uint8Array([0, 255]), yes: true, list: ["a", 'b",{}', "NULL", ""], numbers: [1, 2 ** 40], none: null };
    const row = await at.store.get<typeof values>(
      `SELECT $big::bigint AS big, $small::integer AS small, $text::text AS text, $bytes::bytea AS bytes, $yes::boolean AS yes,
         $list::text[] AS list, $numbers::bigint[] AS numbers, $none::text AS none, count(*) AS n FROM notes`,
      values,
    );
    expect({ ...row, bytes: new Uint8Array(row!.bytes) }).toEqual({ ...values, n: 0 } as never);
    expect(await at.store.get("SELECT 1 WHERE false")).toBeUndefined();
  });

  test("go by position or by name, and a name may stand twice", async () => {
    await using at = await open();
    expect(await at.store.get<object>("SELECT $1::text || $2 AS joined", ["a", "b"])).toEqual({ joined: "ab" });
    expect(await at.store.get<object>("SELECT $b::text || $a || $b AS joined", { a: "a", b: "b" })).toEqual({ joined: "bab" });
  });

  test("that a number cannot hold are an error and never a wrong number", async () => {
    await using at = await open();
    await expect(at.store.get("SELECT 9007199254740993::bigint AS n")).rejects.toThrow("the database holds a number that is too large: 9007199254740993");
  });

  test("that PostgreSQL cannot store are the fault of who sent them", async () => {
    await using at = await open();
    await expect(add(at.store, "a\0b")).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describeWith("postgres", "a postgres transaction", () => {
  test("is all or nothing, and gives what the work gave", async () => {
    await using at = await open();
    const work = at.store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a'), ('b')");
      throw new AppError("not_found", "no");
    });
    await expect(work).rejects.toMatchObject({ code: "not_found" });
    expect(await notesOf(at.store)).toEqual([]);
    expect(await at.store.write((tx) => tx.run("INSERT INTO notes (text) VALUES ('a'), ('b')"))).toBe(2);
    expect(await at.store.run("UPDATE notes SET text = text || 'x'")).toBe(2);
  });

  test("with one like it is refused as already there, and the next one goes on", async () => {
    await using at = await open();
    await add(at.store, "a");
    await expect(add(at.store, "a")).rejects.toMatchObject({ code: "already_exists" });
    await add(at.store, "b");
    expect(await notesOf(at.store)).toEqual(["a", "b"]);
  });

  test("in which a statement failed is never taken for done, even when its work goes on", async () => {
    await using at = await open();
    await add(at.store, "a");
    const work = at.store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')").catch(() => {});
      return "done";
    });
    await expect(work).rejects.toMatchObject({ code: "already_exists" });
  });

  test("that collides with another runs again, and after a few times it is unavailable", async () => {
    await using at = await open();
    let runs = 0;
    await at.store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')");
      if (++runs < 3) await tx.run(collide);
    });
    expect([runs, await notesOf(at.store)]).toEqual([3, ["a"]]);
    await expect(at.store.write((tx) => tx.run(collide))).rejects.toMatchObject({ code: "unavailable" });
  });

  test("whose connection is cut is rolled back and reported as unavailable, and the next one works", async () => {
    await using at = await open();
    const work = at.store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')");
      const { pid } = (await tx.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!;
      await at.store.get("SELECT pg_terminate_backend($1::integer)", [pid]);
      await tx.run("INSERT INTO notes (text) VALUES ('b')");
    });
    await expect(work).rejects.toMatchObject({ code: "unavailable", retryAfterS: 2 });
    await add(at.store, "c");
    expect(await notesOf(at.store)).toEqual(["c"]);
  });

  test("whose connection is cut before its commit is rolled back as well", async () => {
    await using at = await open();
    const work = at.store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')");
      const { pid } = (await tx.get<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!;
      await at.store.get("SELECT pg_terminate_backend($1::integer)", [pid]);
    });
    await expect(work).rejects.toMatchObject({ code: "unavailable" });
    expect(await notesOf(at.store)).toEqual([]);
  });

  test("that takes too long is ended by the server", async () => {
    await using at = await open({ statementTimeoutMs: 50 });
    await expect(at.store.write((tx) => tx.run("SELECT pg_sleep(5)"))).rejects.toMatchObject({ code: "unavailable" });
    await expect(at.store.get("SELECT pg_sleep(5)")).rejects.toMatchObject({ code: "unavailable" });
    expect(await notesOf(at.store)).toEqual([]);
  });
});

describeWith("postgres", "a postgres store", () => {
  test("does the work of many with few connections", async () => {
    await using at = await open({ connections: 2 });
    await Promise.all(Array.from({ length: 50 }, (_, i) => add(at.store, `${i}`)));
    expect((await notesOf(at.store)).length).toBe(50);
    expect(await at.store.get<object>("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'uptimeping'")).toEqual({ n: 2 });
  });

  test("holds up nobody for longer than a lease lasts: what is open ends before", async () => {
    await using at = await open();
    const limits = await at.store.all<{ ms: number }>(
      "SELECT setting::integer AS ms FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')",
    );
    expect(limits.map(({ ms }) => ms > 0 && ms < 12_000)).toEqual([true, true, true]);
  });

  test("leaves a server that became read-only, as after a fail-over, and finds the one that is not", async () => {
    await using at = await open({ connections: 1 });
    await at.store.run("SET default_transaction_read_only = on");
    await expect(add(at.store, "a")).rejects.toMatchObject({ code: "unavailable" });
    await add(at.store, "b");
    expect(await notesOf(at.store)).toEqual(["b"]);
  });

  test("that was closed asks nothing more", async () => {
    await using at = await open();
    await at.store.close();
    await expect(at.store.get("SELECT 1")).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a server that is not there is unavailable", async () => {
  const store = openPostgres({ url: "postgres://postgres@127.0.0.1:1/postgres", connections: 1, log: silentLog });
  await expect(store.get("SELECT 1")).rejects.toMatchObject({ code: "unavailable" });
  await expect(store.write((tx) => tx.run("SELECT 1"))).rejects.toMatchObject({ code: "unavailable" });
  await store.close();
});
