import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "#kernel/errors";
import { openSqlite, type SqliteStore } from "./connection.ts";

async function open(groupMs = 0) {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  const path = join(dir, "test.db");
  const fatal: Error[] = [];
  const store = openSqlite({ path, groupMs, onFatal: (error) => void fatal.push(error) });
  await store.write((tx) => tx.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT"));
  return {
    store,
    fatal,
    path,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const add = (store: SqliteStore, text: string) => store.write((tx) => tx.run("INSERT INTO notes (text) VALUES (?)", [text]));
const notesOf = (store: SqliteStore) => store.all<{ text: string }>("SELECT text FROM notes ORDER BY id").map((row) => row.text);

/** What is on disk, as another process reads it. */
async function onDisk(path: string): Promise<string[]> {
  const other = openSqlite({ path, groupMs: 0, onFatal: () => {} });
  const notes = notesOf(other);
  await other.close();
  return notes;
}

describe("writes of one group", () => {
  test("share a commit, run in the order of asking, and see each other", async () => {
    await using at = await open();
    const seen: number[] = [];
    const asked = ["a", "b", "c"].map((text) =>
      at.store.write((tx) => {
        seen.push(tx.all("SELECT * FROM notes").length);
        tx.run("INSERT INTO notes (text) VALUES (?)", [text]);
        return text;
      }),
    );
    expect(notesOf(at.store)).toEqual([]);
    expect(await Promise.all(asked)).toEqual(["a", "b", "c"]);
    expect([seen, await onDisk(at.path)]).toEqual([[0, 1, 2], ["a", "b", "c"]]);
  });

  test("stand alone: one that throws undoes only itself", async () => {
    await using at = await open();
    const broken = at.store.write((tx) => {
      tx.run("INSERT INTO notes (text) VALUES ('lost')");
      throw new Error("changed my mind");
    });
    const all = await Promise.allSettled([add(at.store, "before"), broken, add(at.store, "after")]);
    expect(all.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await onDisk(at.path)).toEqual(["before", "after"]);
    expect(at.fatal).toEqual([]);
  });

  test("that break a constraint are refused by a code that a caller knows", async () => {
    await using at = await open();
    const twice = await Promise.allSettled([add(at.store, "a"), add(at.store, "a")]);
    expect(twice[1]).toMatchObject({ status: "rejected", reason: { code: "already_exists" } });
    expect(await onDisk(at.path)).toEqual(["a"]);
  });
});

test("what nobody waits for goes along with the next write, in the order of asking", async () => {
  await using at = await open(1_000_000);
  const soon = at.store.writeSoon((tx) => tx.run("INSERT INTO notes (text) VALUES ('soon')"));
  expect(notesOf(at.store)).toEqual([]);
  await add(at.store, "now");
  await soon;
  expect(await onDisk(at.path)).toEqual(["soon", "now"]);
});

test("closing commits what waits", async () => {
  await using at = await open(1_000_000);
  const soon = at.store.writeSoon((tx) => tx.run("INSERT INTO notes (text) VALUES ('soon')"));
  await at.store.close();
  await soon;
  expect(await onDisk(at.path)).toEqual(["soon"]);
});

describe("a disk that is full", () => {
  async function fillUp() {
    const at = await open();
    await add(at.store, "kept");
    at.store.get(`PRAGMA max_page_count = ${at.store.get<{ page_count: number }>("PRAGMA page_count")!.page_count + 2}`);
    const group = await Promise.allSettled([add(at.store, "small"), add(at.store, "x".repeat(100_000)), add(at.store, "also small")]);
    return { ...at, group };
  }

  test("ends the process: nothing of the commit that failed is acknowledged, not even what had room", async () => {
    await using at = await fillUp();
    expect(at.group.map((one) => one.status)).toEqual(["rejected", "rejected", "rejected"]);
    for (const one of at.group as PromiseRejectedResult[]) expect(one.reason).toBeInstanceOf(AppError);
    expect(at.fatal.map((error) => error.message)).toEqual(["the database cannot be written: database or disk is full"]);
  });

  test("is the end of all writing, and what was acknowledged before it is there", async () => {
    await using at = await fillUp();
    await expect(add(at.store, "later")).rejects.toThrow("the database cannot be written");
    expect(at.fatal).toHaveLength(1);
    await at.store.close();
    expect(await onDisk(at.path)).toEqual(["kept"]);
  });
});
