/** Rows of any table but the results, for copying. */
import type { Page, StoredRow, StoredValue } from "#ports/store_copy";
import type { StoredColumn, StoredTable } from "#ports/stored_tables";
import { tagsOfDocument } from "./checks.ts";
import type { Reader, Transaction } from "./connection.ts";
import { countMessages, insertMessages, readMessages } from "./copy_parcels.ts";

/** Kept as parcels. */
const messages = "queue_messages";

/** Where a table here differs from the one that is copied. */
interface Own {
  /** Only these rows. */
  where?: string;
  /** A column that follows from the others. */
  extra?: { name: string; type: string; of: (row: Record<string, StoredValue>) => unknown };
  /** Numbered by the database itself. */
  identity?: string;
}

const own: Record<string, Own> = {
  checks: { extra: { name: "tags", type: "text[]", of: ({ document }) => tagsOfDocument(document as string) } },
  rollups: { where: "tier > 0 AND check_no IN (SELECT check_no FROM check_series WHERE tenant_id <> '')" },
  incident_outbox: { identity: "position" },
};

const types: Record<StoredColumn["kind"], string> = { text: "text", whole: "bigint", real: "double precision", flag: "boolean", bytes: "text" };

export async function countRows(reader: Reader, table: StoredTable): Promise<number> {
  if (table.name === messages) return countMessages(reader, table);
  return (await reader.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table.name} ${whereOf(table)}`))!.rows;
}

export async function readRows(reader: Reader, table: StoredTable, { after, limit }: { after: string; limit: number }): Promise<Page> {
  if (table.name === messages) return readMessages(reader, table, after);
  const key = table.key.join(", ");
  const beyond = after === "" ? [] : (JSON.parse(after) as (string | number)[]);
  const place = after === "" ? "" : `(${key}) > (${beyond.map((_, i) => `$${i + 1}`).join(", ")})`;
  const columns = table.columns.map(({ name }) => name).join(", ");
  const found = await reader.all<Record<string, StoredValue>>(`SELECT ${columns} FROM ${table.name} ${whereOf(table, place)} ORDER BY ${key} LIMIT ${limit}`, beyond);
  const last = found.length < limit ? undefined : found.at(-1);
  return { rows: found.map((row) => table.columns.map(({ name }) => row[name]!)), next: last ? JSON.stringify(table.key.map((name) => last[name])) : "" };
}

/** One parameter, whatever the columns: the rows as JSON, with bytes in it as hexadecimal digits. */
export async function insertRows(tx: Transaction, table: StoredTable, rows: readonly StoredRow[]): Promise<void> {
  if (rows.length === 0) return;
  if (table.name === messages) return insertMessages(tx, table, rows);
  const { extra, identity } = own[table.name] ?? {};
  const records = rows.map((row) => {
    const record = Object.fromEntries(table.columns.map(({ name }, i) => [name, row[i]!]));
    const shown = Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value]));
    return extra ? { ...shown, [extra.name]: extra.of(record) } : shown;
  });
  const names = [...table.columns.map(({ name }) => name), ...(extra ? [extra.name] : [])];
  const read = [...table.columns.map(({ name, kind }) => (kind === "bytes" ? `decode(${name}, 'hex')` : name)), ...(extra ? [extra.name] : [])];
  const typed = [...table.columns.map(({ name, kind }) => `${name} ${types[kind]}`), ...(extra ? [`${extra.name} ${extra.type}`] : [])];
  await tx.run(
    `INSERT INTO ${table.name} (${names.join(", ")}) ${identity ? "OVERRIDING SYSTEM VALUE" : ""} SELECT ${read.join(", ")} FROM json_to_recordset(($1::text)::json) AS given (${typed.join(", ")})`,
    [JSON.stringify(records)],
  );
}

/** What the database numbers itself goes on after what was copied. */
export async function moveIdentitiesOn(tx: Transaction): Promise<void> {
  for (const [name, { identity }] of Object.entries(own)) {
    if (identity) await tx.all(`SELECT setval(pg_get_serial_sequence('${name}', '${identity}'), greatest(1, coalesce(max(${identity}), 0)), max(${identity}) IS NOT NULL) FROM ${name}`);
  }
}

/** The table here that keeps the rows. */
export function nameOf({ name }: StoredTable): string {
  return name === messages ? "queue_parcels" : name;
}

function whereOf({ name }: StoredTable, place = ""): string {
  const conditions = [own[name]?.where ?? "", place].filter((condition) => condition !== "");
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}
