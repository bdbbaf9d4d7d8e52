/** Rows of any table but the results, for copying. */
import type { Page, StoredRow, StoredValue } from "#ports/store_copy";
import type { StoredColumn, StoredTable } from "#ports/stored_tables";
import type { Reader, Transaction } from "./connection.ts";

/** Where a table here differs from the one that is copied. */
interface Own {
  name?: string;
  /** Only these rows. */
  where?: string;
  /** Other names of columns. */
  columns?: Record<string, string>;
  /** SQL for a column, read and written. */
  read?: Record<string, string>;
  write?: Record<string, string>;
  /** What the rows are ordered by, of which nothing is copied. */
  order?: string;
  /** Columns that are not copied, with what they begin with. */
  fresh?: Record<string, string>;
}

const own: Record<string, Own> = {
  check_series: { name: "check_numbers" },
  rollups: { where: "tier > 0 AND check_no IN (SELECT check_no FROM check_numbers WHERE tenant_id <> '')" },
  // What was sent, which may hold a zero byte.
  heartbeat_pings: { read: { body: "CAST(body AS BLOB)" }, write: { body: "CAST(? AS TEXT)" } },
  // They wait no longer: all are delivered at the start.
  queue_messages: { order: "id", fresh: { visible_at: "0" } },
  dead_letters: { columns: { died_at_ms: "died_at" } },
};

export function countRows(reader: Reader, table: StoredTable): number {
  return reader.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${nameOf(table)} ${whereOf(table)}`)!.rows;
}

export function readRows(reader: Reader, table: StoredTable, { after, limit }: { after: string; limit: number }): Page {
  const { order, read = {}, columns: names = {} } = own[table.name] ?? {};
  const keys = order ? [order] : table.key;
  const columns = table.columns.map(({ name }) => `${read[name] ?? names[name] ?? name} AS ${name}`);
  const key = keys.join(", ");
  const beyond = after === "" ? [] : (JSON.parse(after) as (string | number)[]);
  const place = after === "" ? "" : `(${key}) > (${beyond.map(() => "?").join(", ")})`;
  const found = reader.all<Record<string, unknown>>(`SELECT ${[...columns, ...(order ? [order] : [])].join(", ")} FROM ${nameOf(table)} ${whereOf(table, place)} ORDER BY ${key} LIMIT ?`, [...beyond, limit]);
  const last = found.length < limit ? undefined : found.at(-1);
  return {
    rows: found.map((row) => table.columns.map(({ name, kind }) => valueOf(row[name], kind))),
    next: last ? JSON.stringify(keys.map((name) => last[name])) : "",
  };
}

export function insertRows(tx: Transaction, table: StoredTable, rows: readonly StoredRow[]): void {
  const { write = {}, columns: others = {}, fresh = {} } = own[table.name] ?? {};
  const names = [...table.columns.map(({ name }) => others[name] ?? name), ...Object.keys(fresh)];
  const values = [...table.columns.map(({ name }) => write[name] ?? "?"), ...Object.values(fresh)];
  const sql = `INSERT INTO ${nameOf(table)} (${names.join(", ")}) VALUES (${values.join(", ")})`;
  for (const row of rows) tx.run(sql, row.map((value) => (typeof value === "boolean" ? Number(value) : value)));
}

export function nameOf({ name }: Pick<StoredTable, "name">): string {
  return own[name]?.name ?? name;
}

function whereOf({ name }: StoredTable, place = ""): string {
  const conditions = [own[name]?.where ?? "", place].filter((condition) => condition !== "");
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

function valueOf(value: unknown, kind: StoredColumn["kind"]): StoredValue {
  if (kind === "flag") return value === 1;
  // Not every store keeps a zero byte in text, and nothing that people send to us means one.
  if (typeof value === "string" && value.includes("\0")) return value.replaceAll("\0", "\uFFFD");
  return value as StoredValue;
}
