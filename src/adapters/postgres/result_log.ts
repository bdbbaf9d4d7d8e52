/** The SQL of the log of results and of what hangs on it. */
import type { SlotRange } from "#ports/missed_slots";
import { manualFlag, statusBits, synsOf, flagsOf, absent, type CountedRow, type LoggedRow } from "#ports/result_row";
import type { MissedSlots, ResultDetail } from "#ports/results";
import { missedOf, type MissedRow } from "#ports/rows/missed_slots";
import type { Reader, Transaction } from "./connection.ts";
import type { Series } from "./result_series.ts";

export interface NewRow extends LoggedRow {
  detail: ResultDetail | undefined;
}

const columns = ["sequence", "slot", "check_no", "lag", "latency", "probe_lag", "body_bytes", "code", "attempts", "status", "lost_syns", "manual", "dns", "connect", "tls", "first_byte", "transfer", "detail"];
const types = ["bigint", "bigint", ...Array<string>(7).fill("integer"), "smallint", "smallint", "boolean", ...Array<string>(5).fill("integer"), "text"];
const durations = ["dns", "connect", "tls", "first_byte", "transfer"];

/**
 * One statement for any number of rows, each column one array. A conflict is a result that is there already: its append had been
 * committed and the answer was lost, so it was asked for again. The first one stands, and the caller finds out by the number of rows.
 */
const insertResults = `INSERT INTO results (${columns.join(", ")})
  SELECT ${columns.map((name) => (durations.includes(name) ? `nullif(${name}, ${absent})` : name)).join(", ")}
  FROM unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(", ")}) AS given (${columns.join(", ")})
  ON CONFLICT DO NOTHING`;

/** Gives how many were not there yet. */
export function insertRows(tx: Transaction, rows: readonly NewRow[]): Promise<number> {
  // An array of numbers as text is half the work for the client; text for nobody is an empty array, which the others fill up with NULL.
  const packed = (of: (row: NewRow) => number | boolean) => `{${rows.map(of).join(",")}}`;
  const details = rows.some(({ detail }) => detail) ? rows.map(({ detail }) => (detail ? JSON.stringify(detail) : null)) : "{}";
  return tx.run(insertResults, [
    packed((row) => row.sequence),
    packed((row) => row.slot),
    packed((row) => row.checkNo),
    packed((row) => row.lag),
    packed((row) => row.latency),
    packed((row) => row.probeLag),
    packed((row) => row.bodyBytes),
    packed((row) => row.code),
    packed((row) => row.attempts),
    packed((row) => row.flags & statusBits),
    packed((row) => synsOf(row.flags)),
    packed((row) => (row.flags & manualFlag) !== 0),
    packed((row) => row.dns),
    packed((row) => row.connect),
    packed((row) => row.tls),
    packed((row) => row.firstByte),
    packed((row) => row.transfer),
    details,
  ]);
}

// OFFSET 0, here and below, has each row looked up by the index, however many partitions the planner would rather read whole.
/** The sequences under which these results are stored, in their order. */
export async function storedSequences(tx: Transaction, rows: readonly NewRow[]): Promise<number[]> {
  const found = await tx.all<{ place: number; sequence: number }>(
    `SELECT given.place, results.sequence FROM unnest($1::integer[], $2::integer[], $3::bigint[], $4::boolean[]) AS given (place, check_no, slot, manual)
     CROSS JOIN LATERAL (SELECT sequence FROM results WHERE check_no = given.check_no AND slot = given.slot AND manual = given.manual OFFSET 0) AS results`,
    [rows.map((_, place) => place), rows.map((row) => row.checkNo), rows.map((row) => row.slot), rows.map((row) => (row.flags & manualFlag) !== 0)],
  );
  const sequences = rows.map((row) => row.sequence);
  for (const { place, sequence } of found) sequences[place] = sequence;
  return sequences;
}

const readColumns = `results.sequence, results.slot, results.check_no AS "checkNo", lag, latency, probe_lag AS "probeLag", body_bytes AS "bodyBytes", code, attempts, status, lost_syns AS syns, manual,
  coalesce(dns, ${absent}) AS dns, coalesce(connect, ${absent}) AS connect, coalesce(tls, ${absent}) AS tls, coalesce(first_byte, ${absent}) AS "firstByte", coalesce(transfer, ${absent}) AS transfer, detail`;

type ReadRow = Omit<LoggedRow, "flags"> & { status: number; syns: number; manual: boolean; detail: string | null };

function rowOf(row: ReadRow): NewRow {
  return { ...row, flags: flagsOf(row.status, row.manual, row.syns), detail: row.detail === null ? undefined : (JSON.parse(row.detail) as ResultDetail) };
}

/** Latest first. `status` undefined is any. */
export async function readHistory(reader: Reader, no: number, query: SlotRange & { limit: number; status: number | undefined }): Promise<NewRow[]> {
  const { fromMs, beforeMs, limit, status } = query;
  // A failure among many is found by the index of what is not up.
  const wanted = status === undefined ? "" : status === 0 ? "AND status = 0" : `AND status <> 0 AND status = ${status}`;
  const rows = await reader.all<ReadRow>(
    `SELECT ${readColumns} FROM results WHERE check_no = $1 AND slot >= $2 AND slot < $3 ${wanted} ORDER BY slot DESC, sequence DESC LIMIT $4`,
    [no, fromMs, beforeMs, limit],
  );
  return rows.map(rowOf);
}

/** The newest `limit` of each series, latest last. */
export async function readTails(reader: Reader, limit: number): Promise<Map<number, NewRow[]>> {
  const rows = await reader.all<ReadRow>(
    `SELECT results.* FROM check_series, LATERAL
       (SELECT ${readColumns} FROM results WHERE check_no = check_series.check_no ORDER BY slot DESC LIMIT $1) AS results
     WHERE tenant_id <> '' ORDER BY "checkNo", slot, sequence`,
    [limit],
  );
  return Map.groupBy(rows.map(rowOf), (row) => row.checkNo);
}

/** In order, after one sequence and up to another. */
export async function readAfter(reader: Reader, { after, through }: { after: number; through: number }, limit: number): Promise<NewRow[]> {
  const rows = await reader.all<ReadRow>(`SELECT ${readColumns} FROM results WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`, [after, through, limit]);
  return rows.map(rowOf);
}

const countedColumns = `results.check_no AS "checkNo", results.sequence, results.slot, results.latency, results.status AS flags`;
export type UncountedRow = CountedRow & { checkNo: number; manual: boolean };

/** The same without what is not counted. */
export function readUncounted(reader: Reader, { after, through }: { after: number; through: number }, limit: number): Promise<UncountedRow[]> {
  return reader.all(`SELECT ${countedColumns}, manual FROM results WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`, [after, through, limit]);
}

/** Of one series, in any order. */
export function readCounted(reader: Reader, no: number, spans: readonly SlotRange[]): Promise<CountedRow[]> {
  return reader.all(
    `SELECT ${countedColumns} FROM unnest($2::bigint[], $3::bigint[]) AS span (from_slot, before_slot), LATERAL
       (SELECT * FROM results WHERE check_no = $1 AND slot >= from_slot AND slot < before_slot OFFSET 0) AS results`,
    [no, spans.map((span) => span.fromMs), spans.map((span) => span.beforeMs)],
  );
}

export async function insertMissed(tx: Transaction, gaps: readonly { no: number; gap: MissedSlots }[]): Promise<void> {
  if (gaps.length === 0) return;
  // Of two that begin together the later one stands, and one statement may not change a row twice.
  const last = [...new Map(gaps.map((one) => [`${one.no} ${one.gap.firstSlotMs}`, one])).values()];
  await tx.run(
    `INSERT INTO result_missed (check_no, first_slot, last_slot, slots, reason) SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[])
     ON CONFLICT (check_no, first_slot) DO UPDATE SET last_slot = excluded.last_slot, slots = excluded.slots, reason = excluded.reason`,
    [last.map(({ no }) => no), last.map(({ gap }) => gap.firstSlotMs), last.map(({ gap }) => gap.lastSlotMs), last.map(({ gap }) => gap.count), last.map(({ gap }) => gap.reason)],
  );
}

/** By their first slots. `toMs` is not included. */
export async function readMissed(reader: Reader, series: readonly Series[], { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<Map<number, MissedSlots[]>> {
  const byNo = new Map(series.map((one) => [one.no, one]));
  const rows = await reader.all<MissedRow>(
    "SELECT check_no, first_slot, last_slot, slots, reason FROM result_missed WHERE check_no = ANY($1::integer[]) AND last_slot >= $2 AND first_slot < $3 ORDER BY check_no, first_slot",
    [[...byNo.keys()], fromMs, toMs],
  );
  const found = new Map<number, MissedSlots[]>();
  for (const [no, ofOne] of Map.groupBy(rows, (row) => row.check_no)) found.set(no, ofOne.map((row) => missedOf(byNo.get(no)!, row)));
  return found;
}

export function newestMissed(reader: Reader): Promise<{ check_no: number; last_slot: number }[]> {
  return reader.all("SELECT check_no, max(last_slot) AS last_slot FROM result_missed GROUP BY check_no");
}
