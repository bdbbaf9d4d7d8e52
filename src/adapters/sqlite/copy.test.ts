import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeCopyConformance } from "#ports/store_copy.conformance";
import { storedTables } from "#ports/stored_tables";
import { openTempStore } from "../../testing/temp_store.ts";
import { openSqliteSource, openSqliteTarget } from "./copy.ts";
import { nameOf } from "./copy_rows.ts";

describe("a copy of a SQLite store", () => {
  storeCopyConformance(() => {
    const dir = mkdtempSync(join(tmpdir(), "uptimeping-copy-"));
    return Promise.resolve({
      source: () => openSqliteSource(dir),
      target: () => Promise.resolve(openSqliteTarget(dir)),
      [Symbol.asyncDispose]: () => Promise.resolve(rmSync(dir, { recursive: true, force: true })),
    });
  });
});

/** What follows from the rest, what the results are kept in, and what belongs to a process. */
const notCopied = ["schema_migrations", "sqlite_sequence", "leases", "result_relay", "result_segments", "result_sealed", "result_log_a", "result_log_b"];
const ofResults = ["result_blocks", "result_details", "result_chunks_a", "result_chunks_b"];
const differently: Record<string, Record<string, string>> = { queue_messages: { id: "", visible_at: "" }, dead_letters: { died_at: "died_at_ms" } };

test("every table that SQLite keeps is copied, with every column", async () => {
  await using temp = await openTempStore();
  const names = temp.store.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
  expect(names.filter((name) => !notCopied.includes(name) && !ofResults.includes(name)).toSorted()).toEqual(storedTables.filter(({ name }) => name !== "results").map(nameOf).toSorted());
  for (const table of storedTables.filter(({ name }) => name !== "results")) {
    const columns = temp.store.all<{ name: string }>(`SELECT name FROM pragma_table_info('${nameOf(table)}')`).map(({ name }) => differently[table.name]?.[name] ?? name);
    expect({ table: table.name, columns: columns.filter((name) => name !== "").toSorted() }).toEqual({ table: table.name, columns: table.columns.map(({ name }) => name).toSorted() });
  }
});
