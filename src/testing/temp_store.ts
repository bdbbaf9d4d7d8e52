/** A migrated SQLite store in a folder of its own, gone when the test ends. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite, type SqliteStore } from "../adapters/sqlite/connection.ts";
import { migrate } from "../adapters/sqlite/migrations.ts";

export interface TempStore extends AsyncDisposable {
  store: SqliteStore;
  dir: string;
}

/** Use as `await using temp = await openTempStore()`. With `contents`, those of another store, it begins with what that one held. */
export async function openTempStore(contents?: Uint8Array): Promise<TempStore> {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  if (contents !== undefined) writeFileSync(join(dir, "uptimeping.db"), contents);
  const store = openSqlite({
    path: join(dir, "uptimeping.db"),
    groupMs: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  await migrate(store);
  return {
    store,
    dir,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** All that a store holds, which ends with this. */
export async function contentsOf(temp: TempStore): Promise<Uint8Array> {
  await temp.store.close();
  const contents = readFileSync(join(temp.dir, "uptimeping.db"));
  await temp[Symbol.asyncDispose]();
  return contents;
}
