/** Waiting messages for copying. Those for which a publisher waits are left out: whoever publishes next computes them again. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ParcelSchema } from "#contracts/uptimeping/events/v1/parcel_pb";
import type { Page, StoredRow } from "#ports/store_copy";
import type { StoredTable } from "#ports/stored_tables";
import type { Reader, Transaction } from "./connection.ts";

interface ParcelRow {
  id: number;
  queue: string;
  body: Uint8Array;
}

const atOnce = 500;

export async function readMessages(reader: Reader, table: StoredTable, after: string): Promise<Page> {
  const found = await reader.all<ParcelRow>("SELECT id, queue, body FROM queue_parcels WHERE id > $1 ORDER BY id LIMIT $2", [after === "" ? 0 : Number(after), atOnce]);
  return { rows: found.flatMap((row) => messagesOf(table, row)), next: found.length < atOnce ? "" : String(found.at(-1)!.id) };
}

export async function countMessages(reader: Reader, table: StoredTable): Promise<number> {
  let count = 0;
  for (let after = ""; ; ) {
    const page = await readMessages(reader, table, after);
    count += page.rows.length;
    if (page.next === "") return count;
    after = page.next;
  }
}

function messagesOf(table: StoredTable, { queue, body }: ParcelRow): StoredRow[] {
  const { replyTo, messages } = fromBinary(ParcelSchema, body);
  if (replyTo !== "") return [];
  return messages.map((message) => {
    const row: Record<string, StoredRow[number]> = { queue, message_id: message.id, tenant_id: message.tenantId, attempts: message.attempts, body: message.body };
    return table.columns.map(({ name }) => row[name]!);
  });
}

/** Each in a parcel of its own, from a publisher that was never there before: that is how a consumer tells them apart. */
export async function insertMessages(tx: Transaction, table: StoredTable, rows: readonly StoredRow[]): Promise<void> {
  for (const row of rows) {
    const of = Object.fromEntries(table.columns.map(({ name }, i) => [name, row[i]!])) as { queue: string; message_id: string; tenant_id: string; attempts: number; body: Uint8Array };
    const message = { number: 1, id: of.message_id, tenantId: of.tenant_id, body: of.body, attempts: of.attempts, delayMs: 0 };
    const parcel = toBinary(ParcelSchema, create(ParcelSchema, { publisher: `moved ${Bun.randomUUIDv7()}`, replyTo: "", messages: [message] }));
    await tx.run("INSERT INTO queue_parcels (queue, visible_at_ms, body) VALUES ($1, 0, $2)", [of.queue, parcel]);
  }
}
