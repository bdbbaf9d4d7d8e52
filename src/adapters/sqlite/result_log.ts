/** The SQL of the log of results and of what hangs on it. */
import type { MissedSlots, ResultDetail } from "#ports/results";
import type { Reader, Transaction } from "./connection.ts";
import { absent, type Row } from "./result_block.ts";

export type LogName = "a" | "b";
export type LoggedRow = Row & { check_no: number };

const columns = `sequence, check_no, slot, lag, flags, latency, ifnull(dns, ${absent}) AS dns, ifnull(connect, ${absent}) AS connect, ifnull(tls, ${absent}) AS tls,
  ifnull(first_byte, ${absent}) AS firstByte, ifnull(transfer, ${absent}) AS transfer, code, body_bytes AS bodyBytes, attempts`;

const inserts: Record<LogName, string> = {
  a: "INSERT INTO result_log_a VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  b: "INSERT INTO result_log_b VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

export function insertRow(tx: Transaction, log: LogName, checkNo: number, row: Row): void {
  tx.run(inserts[log], [
    row.sequence,
    checkNo,
    row.slot,
    row.lag,
    row.flags,
    row.latency,
    orNull(row.dns),
    orNull(row.connect),
    orNull(row.tls),
    orNull(row.firstByte),
    orNull(row.transfer),
    row.code,
    row.bodyBytes,
    row.attempts,
  ]);
}

export function readLog(reader: Reader, log: LogName): LoggedRow[] {
  return reader.all<LoggedRow>(log === "a" ? `SELECT ${columns} FROM result_log_a ORDER BY sequence` : `SELECT ${columns} FROM result_log_b ORDER BY sequence`);
}

export function readLogsAfter(reader: Reader, sequence: number, limit: number): LoggedRow[] {
  return reader.all<LoggedRow>(
    `SELECT * FROM (SELECT ${columns} FROM result_log_a WHERE sequence > ?1 UNION ALL SELECT ${columns} FROM result_log_b WHERE sequence > ?1) ORDER BY sequence LIMIT ?2`,
    [sequence, limit],
  );
}

/** Newest sequence and number of rows; zeros when empty. */
export function logEdge(reader: Reader, log: LogName): { rows: number; newest: number } {
  return reader.get(`SELECT count(*) AS rows, ifnull(max(sequence), 0) AS newest FROM result_log_${log}`)!;
}

export function emptyLog(tx: Transaction, log: LogName): void {
  tx.run(log === "a" ? "DELETE FROM result_log_a" : "DELETE FROM result_log_b");
  tx.run("DELETE FROM result_sealed");
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

export interface MissedRow {
  first_slot: number;
  last_slot: number;
  slots: number;
  reason: string;
}

export function readMissed(reader: Reader, checkNo: number, fromMs: number, toMs: number): MissedRow[] {
  return reader.all("SELECT * FROM result_missed WHERE check_no = ? AND last_slot >= ? AND first_slot < ? ORDER BY first_slot", [checkNo, fromMs, toMs]);
}

export function newestMissed(reader: Reader): { check_no: number; last_slot: number }[] {
  return reader.all("SELECT check_no, max(last_slot) AS last_slot FROM result_missed GROUP BY check_no");
}

/** Up to where the results have been handled by whoever decides about them. */
export function writeRelay(tx: Transaction, sequence: number): void {
  tx.run("INSERT OR REPLACE INTO result_relay (id, sequence) VALUES (1, ?)", [sequence]);
}

function orNull(value: number): number | null {
  return value === absent ? null : value;
}
