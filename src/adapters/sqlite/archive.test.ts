import { describe } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLock, type ProcessLock } from "#kernel/process_lock";
import { archiveConformance } from "../../ports/archive.conformance.ts";
import { createSqliteArchive } from "./archive.ts";
import { openSqlite } from "./connection.ts";

describe("the SQLite archive", () => archiveConformance(openBench));

async function openBench() {
  const dataDir = mkdtempSync(join(tmpdir(), "uptimeping-data-"));
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-backups-"));
  const path = join(dataDir, "uptimeping.db");
  const open = () =>
    openSqlite({
      path,
      groupMs: 0,
      onFatal: (error) => {
        throw error;
      },
    });
  let store = open();
  await store.write((tx) => tx.run("CREATE TABLE notes (text TEXT NOT NULL) STRICT"));
  writeFileSync(join(dataDir, "master.key"), "0123456789abcdef0123456789abcdef");
  let lock: ProcessLock | undefined;
  return {
    archive: createSqliteArchive({ dataDir, now: () => Date.UTC(2026, 0, 1) }),
    dir,
    async write(text: string) {
      await store.write((tx) => tx.run("INSERT INTO notes (text) VALUES (?)", [text]));
    },
    async read() {
      await store.close();
      store = open();
      return store.all<{ text: string }>("SELECT text FROM notes ORDER BY rowid").map((row) => row.text);
    },
    startServer() {
      lock = acquireLock(join(dataDir, "lock"));
    },
    stopServer() {
      lock?.release();
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
