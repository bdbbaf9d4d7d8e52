/** The SQL of the log of results and of what hangs on it. */
import type { LoggedRow } from "#ports/result_row";
import type { MissedSlots, ResultDetail } from "#ports/results";
import { missedOf, type MissedRow } from "#ports/rows/missed_slots";
import type { Reader, Transaction } from "./connection.ts";
import { decodeChunk, encodeChunk } from "./result_chunk.ts";

export type LogName = "a" | "b";

interface Chunk {
  last_sequence: number;
  results: number;
  data: Uint8Array;
}

/** In the order of their sequences, which are consecutive. */
export function insertRows(tx: Transaction, log: LogName, rows: readonly LoggedRow[]): void {
  if (rows.length > 0) tx.run(`INSERT INTO result_chunks_${log} VALUES (?, ?, ?)`, [rows.at(-1)!.sequence, rows.length, encodeChunk(rows)]);
}

export function* readLog(reader: Reader, log: LogName): Generator<LoggedRow> {
  for (let chunk = nextChunk(reader, `result_chunks_${log}`, 0); chunk; chunk = nextChunk(reader, `result_chunks_${log}`, chunk.last_sequence)) yield* rowsOf(chunk);
}

const bothLogs = "(SELECT * FROM result_chunks_a UNION ALL SELECT * FROM result_chunks_b)";

export function readLogsAfter(reader: Reader, sequence: number, limit: number): LoggedRow[] {
  const rows: LoggedRow[] = [];
  for (let after = sequence; rows.length < limit; ) {
    const chunk = nextChunk(reader, bothLogs, after);
    if (!chunk) break;
    after = chunk.last_sequence;
    rows.push(...rowsOf(chunk).filter((row) => row.sequence > sequence));
  }
  return rows.slice(0, limit);
}

function nextChunk(reader: Reader, logs: string, after: number): Chunk | undefined {
  return reader.get<Chunk>(`SELECT * FROM ${logs} WHERE last_sequence > ? ORDER BY last_sequence LIMIT 1`, [after]);
}

function rowsOf({ last_sequence, results, data }: Chunk): LoggedRow[] {
  return decodeChunk(data, results, last_sequence);
}

/** Newest sequence and number of results; zeros when empty. */
export function logEdge(reader: Reader, log: LogName): { rows: number; newest: number } {
  return reader.get(`SELECT ifnull(sum(results), 0) AS rows, ifnull(max(last_sequence), 0) AS newest FROM result_chunks_${log}`)!;
}

const emptiedAtOnce = 5;

/** Takes some of the oldest results off a log; false once it is empty, with the marks of what was sealed of it. */
export function emptySome(tx: Transaction, log: LogName): boolean {
  const next = tx.get<{ last_sequence: number }>(`SELECT last_sequence FROM result_chunks_${log} ORDER BY last_sequence LIMIT 1 OFFSET ?`, [emptiedAtOnce]);
  tx.run(`DELETE FROM result_chunks_${log} WHERE last_sequence < ?`, [next?.last_sequence ?? Number.MAX_SAFE_INTEGER]);
  if (!next) tx.run("DELETE FROM result_sealed");
  return next !== undefined;
}

/** Up to where each check of a log that was not emptied yet has been sealed. */
export function readSealedMarks(reader: Reader): Map<number, number> {
  return new Map(reader.all<{ check_no: number; sequence: number }>("SELECT check_no, sequence FROM result_sealed").map((row) => [row.check_no, row.sequence]));
}

export function insertDetail(tx: Transaction, checkNo: number, slotMs: number, detail: ResultDetail): void {
  tx.run("INSERT OR REPLACE INTO result_details (check_no, slot, detail) VALUES (?, ?, ?)", [checkNo, slotMs, JSON.stringify(detail)]);
}

export function readDetails(reader: Reader, checkNo: number, slots: number[]): Map<number, ResultDetail> {
  if (slots.length === 0) return new Map();
  const rows = reader.all<{ slot: number; detail: string }>(
    "SELECT slot, detail FROM result_details WHERE check_no = ? AND slot IN (SELECT value FROM json_each(?))",
    [checkNo, JSON.stringify(slots)],
  );
  return new Map(rows.map(({ slot, detail }) => [slot, JSON.parse(detail) as ResultDetail]));
}

export function insertMissed(tx: Transaction, checkNo: number, gap: MissedSlots): void {
  tx.run("INSERT OR REPLACE INTO result_missed (check_no, first_slot, last_slot, slots, reason) VALUES (?, ?, ?, ?, ?)", [
    checkNo,
    gap.firstSlotMs,
    gap.lastSlotMs,
    gap.count,
    gap.reason,
  ]);
}

interface TimeRange {
  fromMs: number;
  toMs: number;
}

export function readMissed(reader: Reader, log: { no: number; id: string; tenantId: string }, { fromMs, toMs }: TimeRange): MissedSlots[] {
  const rows = reader.all<MissedRow>("SELECT * FROM result_missed WHERE check_no = ? AND last_slot >= ? AND first_slot < ? ORDER BY first_slot", [log.no, fromMs, toMs]);
  return rows.map((row) => missedOf(log, row));
}

/** Of all checks whose numbers lie between two, these included. */
export function readMissedOfSome(reader: Reader, [firstNo, lastNo]: [number, number], { fromMs, toMs }: TimeRange): MissedRow[] {
  return reader.all("SELECT * FROM result_missed WHERE check_no BETWEEN ? AND ? AND last_slot >= ? AND first_slot < ?", [firstNo, lastNo, fromMs, toMs]);
}

export function newestMissed(reader: Reader): { check_no: number; last_slot: number }[] {
  return reader.all("SELECT check_no, max(last_slot) AS last_slot FROM result_missed GROUP BY check_no");
}

export function removeOldFindings(tx: Transaction, checkNo: number, { detailsBeforeMs, missedBeforeMs }: { detailsBeforeMs: number; missedBeforeMs: number }): void {
  tx.run("DELETE FROM result_details WHERE check_no = ? AND slot < ?", [checkNo, detailsBeforeMs]);
  tx.run("DELETE FROM result_missed WHERE check_no = ? AND last_slot < ?", [checkNo, missedBeforeMs]);
}

/** Up to where the results have been handled by whoever decides about them. */
export function writeRelay(tx: Transaction, sequence: number): void {
  tx.run("INSERT OR REPLACE INTO result_relay (id, sequence) VALUES (1, ?)", [sequence]);
}
