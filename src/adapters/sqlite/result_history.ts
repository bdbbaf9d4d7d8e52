/**
 * Results of one check by their slots, latest first, whatever the order in which they came: those in memory, then block by block.
 * Failures are found through the details that each of them has, not by opening every block: a check that ran a million times and
 * failed twice is read in two blocks.
 */
import type { SlotRange } from "#ports/missed_slots";
import { statusBits, type CountedRow, type Row } from "#ports/result_row";
import { resultStatuses, type ResultStatus } from "#ports/results";
import type { CheckLog } from "./check_logs.ts";
import type { Reader } from "./connection.ts";
import type { OpenBlock, SlotEdges } from "./result_block.ts";
import type { Segments } from "./result_segments.ts";

export interface RowQuery extends SlotRange {
  /** At most this many. */
  limit: number;
  status?: ResultStatus | undefined;
}

export interface RowSources {
  reader: Reader;
  segments: Segments;
}

const failuresAtOnce = 200;

export function readRows(sources: RowSources, log: CheckLog, query: RowQuery): Row[] {
  if (query.status === undefined || query.status === "up") return readAll(sources, log, query);
  const found: Row[] = [];
  for (let beforeMs = query.beforeMs; found.length < query.limit; ) {
    const slots = failedSlots(sources.reader, log.no, { fromMs: query.fromMs, beforeMs });
    if (slots.length === 0) break;
    const range = { ...query, limit: query.limit - found.length, fromMs: slots.at(-1)!, beforeMs: slots[0]! + 1 };
    found.push(...readAll(sources, log, range, slots));
    beforeMs = slots.at(-1)!;
  }
  return found;
}

/** Latest first. */
function failedSlots(reader: Reader, checkNo: number, { fromMs, beforeMs }: SlotRange): number[] {
  const rows = reader.all<{ slot: number }>("SELECT slot FROM result_details WHERE check_no = ? AND slot >= ? AND slot < ? ORDER BY slot DESC LIMIT ?", [
    checkNo,
    fromMs,
    beforeMs,
    failuresAtOnce,
  ]);
  return rows.map(({ slot }) => slot);
}

/** `slots`, when given, are the only ones that matter. */
function readAll({ segments }: RowSources, { no, open }: CheckLog, query: RowQuery, slots?: number[]): Row[] {
  const { limit, fromMs, beforeMs } = query;
  const status = query.status === undefined ? undefined : resultStatuses.indexOf(query.status);
  const isWanted = (slot: number, flags: number) => slot < beforeMs && slot >= fromMs && (status === undefined || (flags & statusBits) === status);
  const found = openRows(open, limit, isWanted);
  const unsealedSince = open.rows > 0 ? open.sequenceOf(0) : Number.POSITIVE_INFINITY;
  const isEnough = (lastMs: number) => found.length >= limit && found[limit - 1]!.slot > lastMs;
  for (const block of segments.latestFirst(no, { fromMs, beforeMs, slots, isEnough })) {
    found.push(...block.rows().filter((row) => row.sequence < unsealedSince && isWanted(row.slot, row.flags)));
    latestFirst(found);
  }
  return found.slice(0, limit);
}

/** At least the latest `limit`, when there are as many. */
function openRows(open: OpenBlock, limit: number, isWanted: (slot: number, flags: number) => boolean): Row[] {
  const found: Row[] = [];
  for (let i = open.rows - 1; i >= 0 && (found.length < limit || !open.isInOrder); i--) {
    if (isWanted(open.slotOf(i), open.flagsOf(i))) found.push(open.row(i));
  }
  return open.isInOrder ? found : latestFirst(found);
}

function latestFirst(rows: Row[]): Row[] {
  return rows.sort((a, b) => b.slot - a.slot || b.sequence - a.sequence);
}

/** Sealed results of a time, in any order; instead of those whose minutes are stored, where these lie. */
export function readSealed({ segments }: RowSources, { no, open }: CheckLog, { fromMs, beforeMs }: SlotRange): { rows: CountedRow[]; minutesAt: SlotEdges[] } {
  const unsealedSince = open.rows > 0 ? open.sequenceOf(0) : Number.POSITIVE_INFINITY;
  const rows: CountedRow[] = [];
  const minutesAt: SlotEdges[] = [];
  for (const block of segments.latestFirst(no, { fromMs, beforeMs })) {
    if (block.hasMinutes) minutesAt.push(block.slots);
    else for (const row of block.counted()) if (row.sequence < unsealedSince && row.slot >= fromMs && row.slot < beforeMs) rows.push(row);
  }
  return { rows, minutesAt };
}
