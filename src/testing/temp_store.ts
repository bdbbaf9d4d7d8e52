/** A migrated SQLite store in a folder of its own, gone when the test ends. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite, type SqliteStore } from "../adapters/sqlite/connection.ts";
import { migrate } from "../adapters/sqlite/migrations.ts";

export interface TempStore extends AsyncDisposable {
  store: SqliteStore;
  dir: string;
}

/** Use as `await using temp = await openTempStore()`. With `from`, the file of a closed store, it begins with what that one held. */
export async function openTempStore(from?: string): Promise<TempStore> {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  if (from !== undefined) copyFileSync(from, join(dir, "uptimeping.db"));
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
