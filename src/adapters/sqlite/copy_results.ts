/**
 * The results for copying: out of the sealed blocks, one after the other, and then out of the logs, without what is in a block already;
 * and into them, a page of results as one segment.
 */
import { statusBits, type LoggedRow } from "#ports/result_row";
import { detailOf, loggedRowOf, storedResultOf } from "#ports/stored_results";
import type { Page, ResultMarks, StoredRow } from "#ports/store_copy";
import type { Reader, Transaction } from "./connection.ts";
import { openSealed, sealRows } from "./result_block.ts";
import { insertRows, logEdge, readLogsAfter, readSealedMarks, writeRelay } from "./result_log.ts";
import { createSegments, keyBase } from "./result_segments.ts";

/** Cursors: "block <key>", then "log <sequence>". */
const inLog = "log ";
const inBlocks = "block ";

export function readResults(reader: Reader, after: string, limit: number): Page {
  const gone = goneSeries(reader);
  if (after.startsWith(inLog)) return readLogged(reader, gone, { after: Number(after.slice(inLog.length)), limit });
  const rows: StoredRow[] = [];
  let key = after === "" ? -1 : Number(after.slice(inBlocks.length));
  while (rows.length < limit) {
    const block = reader.get<{ key: number; data: Uint8Array }>("SELECT key, data FROM result_blocks WHERE key > ? ORDER BY key LIMIT 1", [key]);
    if (!block) return { rows, next: `${inLog}0` };
    key = block.key;
    const checkNo = key % keyBase;
    if (gone.has(checkNo)) continue;
    for (const row of withDetails(reader, checkNo, openSealed(block.data).rows().map((row) => ({ ...row, checkNo })))) rows.push(row);
  }
  return { rows, next: `${inBlocks}${key}` };
}

function readLogged(reader: Reader, gone: ReadonlySet<number>, { after, limit }: { after: number; limit: number }): Page {
  const sealed = readSealedMarks(reader);
  const found = readLogsAfter(reader, after, limit);
  const rows = found.filter(({ checkNo, sequence }) => !gone.has(checkNo) && sequence > (sealed.get(checkNo) ?? 0));
  const stored = [...Map.groupBy(rows, ({ checkNo }) => checkNo)].flatMap(([checkNo, ofOne]) => withDetails(reader, checkNo, ofOne));
  return { rows: stored, next: found.length < limit ? "" : `${inLog}${found.at(-1)!.sequence}` };
}

/** Of one check. */
function withDetails(reader: Reader, checkNo: number, rows: readonly LoggedRow[]): StoredRow[] {
  const slots = rows.filter((row) => (row.flags & statusBits) !== 0 || row.attempts > 1).map(({ slot }) => slot);
  const details = new Map<number, string>();
  if (slots.length > 0) {
    const asked = [checkNo, JSON.stringify(slots)];
    for (const { slot, detail } of reader.all<{ slot: number; detail: string }>("SELECT slot, detail FROM result_details WHERE check_no = ? AND slot IN (SELECT value FROM json_each(?))", asked)) details.set(slot, detail);
  }
  return rows.map((row) => storedResultOf(row, (row.flags & statusBits) !== 0 || row.attempts > 1 ? (details.get(row.slot) ?? null) : null));
}

export function countResults(reader: Reader): number {
  const gone = goneSeries(reader);
  let count = 0;
  for (let key = -1; ; ) {
    const block = reader.get<{ key: number; data: Uint8Array }>("SELECT key, data FROM result_blocks WHERE key > ? ORDER BY key LIMIT 1", [key]);
    if (!block) break;
    key = block.key;
    if (!gone.has(key % keyBase)) count += openSealed(block.data).count();
  }
  for (const _ of unsealed(reader)) count++;
  return count;
}

/** A result that is only in a log is not counted, and no result after it, for all that this tells. */
export function readMarks(reader: Reader): ResultMarks {
  const relayed = reader.get<{ sequence: number }>("SELECT sequence FROM result_relay")?.sequence ?? 0;
  const newest = Math.max(relayed, logEdge(reader, "a").newest, logEdge(reader, "b").newest);
  const first = unsealed(reader).next().value;
  return { newest, counted: first ? first.sequence - 1 : newest, relayed };
}

function* unsealed(reader: Reader): Generator<LoggedRow, undefined> {
  const gone = goneSeries(reader);
  const sealed = readSealedMarks(reader);
  for (let after = 0; ; ) {
    const rows = readLogsAfter(reader, after, 10_000);
    if (rows.length === 0) return;
    after = rows.at(-1)!.sequence;
    for (const row of rows) if (!gone.has(row.checkNo) && row.sequence > (sealed.get(row.checkNo) ?? 0)) yield row;
  }
}

function goneSeries(reader: Reader): Set<number> {
  return new Set(reader.all<{ check_no: number }>("SELECT check_no FROM check_numbers WHERE tenant_id = ''").map((row) => row.check_no));
}

export function beginResults(tx: Transaction, { relayed }: ResultMarks): void {
  writeRelay(tx, relayed);
}

/**
 * What is counted and told goes into blocks, anything later into the log, from which it is counted and told. Minutes are not copied,
 * so no block says that it has some.
 */
export function insertResults(tx: Transaction, stored: readonly StoredRow[], { counted, relayed }: ResultMarks): void {
  const logged = stored.map(loggedRowOf);
  const through = Math.min(counted, relayed);
  const settled = logged.filter(({ sequence }) => sequence <= through);
  if (settled.length > 0) {
    const segments = createSegments(tx);
    const segment = segments.begin(tx);
    for (const [checkNo, rows] of Map.groupBy(settled, (row) => row.checkNo)) segments.add(tx, segment, checkNo, sealRows(rows.toSorted(bySequence), false));
    segments.save(tx, segment);
  }
  for (const chunk of consecutive(logged.filter(({ sequence }) => sequence > through).toSorted(bySequence))) insertRows(tx, "a", chunk);
  for (const [i, row] of logged.entries()) {
    const detail = detailOf(stored[i]!);
    if (detail !== null) tx.run("INSERT OR REPLACE INTO result_details (check_no, slot, detail) VALUES (?, ?, ?)", [row.checkNo, row.slot, detail]);
  }
}

const mostInChunk = 1_000;

function* consecutive(rows: readonly LoggedRow[]): Generator<LoggedRow[]> {
  for (let at = 0; at < rows.length; ) {
    let end = at + 1;
    while (end < rows.length && end - at < mostInChunk && rows[end]!.sequence === rows[end - 1]!.sequence + 1) end++;
    yield rows.slice(at, end);
    at = end;
  }
}

function bySequence(a: LoggedRow, b: LoggedRow): number {
  return a.sequence - b.sequence;
}
