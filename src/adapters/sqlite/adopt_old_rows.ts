/** What a version before the packed log has left: a row a result, and rollups that were written now and then. */
import { absent, type LoggedRow } from "#ports/result_row";
import type { Transaction } from "./connection.ts";
import { insertRows, readSealedMarks } from "./result_log.ts";
import { storeRollups } from "./rollups.ts";

const rowsInChunk = 1_000;

/** Moves the old logs into the new one, all or nothing. */
export function adoptOldRows(tx: Transaction): void {
  const columns = `sequence, check_no AS checkNo, slot, lag, flags, latency, ifnull(dns, ${absent}) AS dns, ifnull(connect, ${absent}) AS connect,
    ifnull(tls, ${absent}) AS tls, ifnull(first_byte, ${absent}) AS firstByte, ifnull(transfer, ${absent}) AS transfer, code, body_bytes AS bodyBytes, attempts, 0 AS probeLag`;
  const rows = tx.all<LoggedRow>(`SELECT ${columns} FROM result_log_a UNION ALL SELECT ${columns} FROM result_log_b ORDER BY sequence`);
  if (rows.length === 0) return;
  countSealed(tx, rows);
  for (let at = 0; at < rows.length; ) {
    let end = at + 1;
    while (end < rows.length && end - at < rowsInChunk && rows[end]!.sequence === rows[end - 1]!.sequence + 1) end++;
    insertRows(tx, "a", rows.slice(at, end));
    at = end;
  }
  tx.run("DELETE FROM result_log_a");
  tx.run("DELETE FROM result_log_b");
}

/** Results were sealed before they were counted: those that nobody has counted since are counted now, or would never be. */
function countSealed(tx: Transaction, rows: readonly LoggedRow[]): void {
  const sealed = readSealedMarks(tx);
  const uncounted = Map.groupBy(
    rows.filter((row) => row.sequence <= (sealed.get(row.checkNo) ?? 0)),
    (row) => row.checkNo,
  );
  for (const [checkNo, ofCheck] of uncounted) storeRollups(tx, checkNo, ofCheck, () => {});
}
