/**
 * Results of one check, newest first: those in memory, then block by block. Failures are found through the details that each of
 * them has, not by opening every block: a check that ran a million times and failed twice is read in two blocks.
 */
import { resultStatuses, type ResultStatus } from "#ports/results";
import type { Reader } from "./connection.ts";
import type { OpenBlock, Row } from "./result_block.ts";
import type { Segments } from "./result_segments.ts";

export interface RowQuery {
  /** At most this many. */
  limit: number;
  /** Only slots before this one, */
  beforeMs: number;
  /** and not before this one. */
  fromMs: number;
  status?: ResultStatus | undefined;
}

export interface RowSources {
  reader: Reader;
  segments: Segments;
}

export const statusBits = 3;

const failuresAtOnce = 200;

export function readRows(sources: RowSources, log: { no: number; open: OpenBlock }, query: RowQuery): Row[] {
  if (query.status === undefined || query.status === "up") return readAll(sources, log, query);
  const found: Row[] = [];
  for (let beforeMs = query.beforeMs; found.length < query.limit; ) {
    const slots = failedSlots(sources.reader, log.no, query.fromMs, beforeMs);
    if (slots.length === 0) break;
    const wanted = new Set(slots);
    const range = { ...query, limit: query.limit - found.length, fromMs: slots.at(-1)!, beforeMs: slots[0]! + 1 };
    found.push(...readAll(sources, log, range, wanted));
    beforeMs = slots.at(-1)!;
  }
  return found;
}

/** Newest first. */
function failedSlots(reader: Reader, checkNo: number, fromMs: number, beforeMs: number): number[] {
  const rows = reader.all<{ slot: number }>("SELECT slot FROM result_details WHERE check_no = ? AND slot >= ? AND slot < ? ORDER BY slot DESC LIMIT ?", [
    checkNo,
    fromMs,
    beforeMs,
    failuresAtOnce,
  ]);
  return rows.map(({ slot }) => slot);
}

/** `slots`, when given, are the only ones that matter. */
function readAll({ segments }: RowSources, log: { no: number; open: OpenBlock }, query: RowQuery, slots?: Set<number>): Row[] {
  const status = query.status === undefined ? -1 : resultStatuses.indexOf(query.status);
  const isWanted = (row: Row) => row.slot < query.beforeMs && row.slot >= query.fromMs && (status < 0 || (row.flags & statusBits) === status);
  const found: Row[] = [];
  for (let i = log.open.rows - 1; i >= 0 && found.length < query.limit; i--) {
    const row = log.open.row(i);
    if (isWanted(row)) found.push(row);
  }
  if (found.length >= query.limit) return found;
  const holdsOne = slots && ((firstMs: number, lastMs: number) => slots.values().some((slot) => slot >= firstMs && slot <= lastMs));
  for (const rows of segments.newestFirst(log.no, query, holdsOne)) {
    for (const row of rows.reverse()) if (found.length < query.limit && isWanted(row)) found.push(row);
    if (found.length >= query.limit) break;
  }
  return found;
}
