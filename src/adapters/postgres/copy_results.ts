/** The results for copying, in the order of the log. */
import { absent, flagsOf, type LoggedRow } from "#ports/result_row";
import type { ResultDetail } from "#ports/results";
import { detailOf, loggedRowOf, storedResultOf } from "#ports/stored_results";
import type { Page, ResultMarks, StoredRow } from "#ports/store_copy";
import type { Reader, Transaction } from "./connection.ts";
import { insertRows, storedSequences, type NewRow } from "./result_log.ts";

const columns = `sequence, check_no AS "checkNo", slot, lag, latency, coalesce(dns, ${absent}) AS dns, coalesce(connect, ${absent}) AS connect, coalesce(tls, ${absent}) AS tls,
  coalesce(first_byte, ${absent}) AS "firstByte", coalesce(transfer, ${absent}) AS transfer, code, body_bytes AS "bodyBytes", attempts, probe_lag AS "probeLag", status, lost_syns AS syns, manual, detail`;

type ReadRow = Omit<LoggedRow, "flags"> & { status: number; syns: number; manual: boolean; detail: string | null };

/** Cursors are sequences. */
export async function readResults(reader: Reader, after: string, limit: number): Promise<Page> {
  // Not in the statement: a join would tempt the planner away from the index, and to sort everything for every page.
  const gone = new Set((await reader.all<{ no: number }>("SELECT check_no AS no FROM check_series WHERE tenant_id = ''")).map(({ no }) => no));
  const found = await reader.all<ReadRow>(`SELECT ${columns} FROM results WHERE sequence > $1 ORDER BY sequence LIMIT ${limit}`, [after === "" ? 0 : Number(after)]);
  const live = found.filter(({ checkNo }) => !gone.has(checkNo));
  const rows = live.map((row) => storedResultOf({ ...row, flags: flagsOf(row.status, row.manual, row.syns) }, row.detail));
  return { rows, next: found.length < limit ? "" : String(found.at(-1)!.sequence) };
}

export async function countResults(reader: Reader): Promise<number> {
  return (await reader.get<{ rows: number }>(`SELECT count(*) AS rows FROM results WHERE check_no IN (SELECT check_no FROM check_series WHERE tenant_id <> '')`))!.rows;
}

export async function readMarks(reader: Reader): Promise<ResultMarks> {
  return (await reader.get<ResultMarks>("SELECT newest, counted, relayed FROM result_marks"))!;
}

export async function beginResults(tx: Transaction, { newest, counted, relayed }: ResultMarks): Promise<void> {
  await tx.run("UPDATE result_marks SET newest = $1, counted = $2, relayed = $3", [newest, counted, relayed]);
}

/** A sequence that is stored is given out to no other. */
export async function endResults(tx: Transaction): Promise<void> {
  await tx.run("UPDATE result_marks SET newest = greatest(newest, (SELECT max(sequence) FROM results))");
}

/** Gives those that are left out: a second one of a check, a slot and a trigger, where other stores may hold two. */
export async function insertResults(tx: Transaction, stored: readonly StoredRow[], { counted }: ResultMarks): Promise<StoredRow[]> {
  if (stored.length === 0) return [];
  const rows = stored.map((row): NewRow => {
    const detail = detailOf(row);
    return { ...loggedRowOf(row), detail: detail === null ? undefined : (JSON.parse(detail) as ResultDetail) };
  });
  const taken = await insertRows(tx, rows);
  await noteCounted(tx, rows.filter(({ sequence }) => sequence <= counted));
  if (taken === rows.length) return [];
  const sequences = await storedSequences(tx, rows);
  return stored.filter((_, i) => sequences[i] !== rows[i]!.sequence);
}

/** No minute after the newest counted slot is stored, see the counting. */
async function noteCounted(tx: Transaction, rows: readonly NewRow[]): Promise<void> {
  const newest = new Map<number, number>();
  for (const { checkNo, slot } of rows) newest.set(checkNo, Math.max(newest.get(checkNo) ?? 0, slot));
  await tx.run(
    `UPDATE check_series SET counted_slot = greatest(counted_slot, given.slot) FROM unnest($1::integer[], $2::bigint[]) AS given (check_no, slot) WHERE check_series.check_no = given.check_no`,
    [`{${[...newest.keys()].join(",")}}`, `{${[...newest.values()].join(",")}}`],
  );
}
