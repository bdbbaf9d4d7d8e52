import { expect, test } from "bun:test";
import { storeCopyConformance } from "#ports/store_copy.conformance";
import { storedTables } from "#ports/stored_tables";
import { describeWith } from "../../testing/needs_service.ts";
import { createDatabase, openTempPostgres } from "../../testing/temp_postgres.ts";
import { openPostgresSource, openPostgresTarget } from "./copy.ts";
import { nameOf } from "./copy_rows.ts";

const notCopied = ["schema_migrations", "leases", "result_marks"];
/** Columns that follow from the others. */
const derived: Record<string, string[]> = { checks: ["tags"], check_series: ["counted_slot", "swept"] };

describeWith("postgres", "a copy of a postgres database", () => {
  storeCopyConformance(async () => {
    const database = await createDatabase();
    return { source: () => openPostgresSource(database.url), target: () => openPostgresTarget(database.url), [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
  });

  test("has every table that PostgreSQL keeps, with every column", async () => {
    await using temp = await openTempPostgres();
    const rows = await temp.store.all<{ table: string; name: string }>(
      `SELECT table_name::text AS table, column_name::text AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'results_of_day_%'`,
    );
    const tables = Map.groupBy(rows, ({ table }) => table);
    expect([...tables.keys()].filter((name) => !notCopied.includes(name)).toSorted()).toEqual(storedTables.map(nameOf).toSorted());
    for (const table of storedTables.filter(({ name }) => !["results", "queue_messages"].includes(name))) {
      const columns = tables.get(table.name)!.map(({ name }) => name).filter((name) => !derived[table.name]?.includes(name));
      expect({ table: table.name, columns: columns.toSorted() }).toEqual({ table: table.name, columns: table.columns.map(({ name }) => name).toSorted() });
    }
  });
});
