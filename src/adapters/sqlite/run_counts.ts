/**
 * How often each of many checks was up, degraded, down or unknown, bucket by bucket: what bars are drawn from. The stored part is read
 * in the order in which it lies, all checks of a bucket together, and kept in memory while it is small; what is not sealed yet is added.
 */
import type { Clock } from "#kernel/clock";
import { createBreather } from "#kernel/breather";
import { spreadMissed } from "#ports/missed_slots";
import { tierMs, wholeBuckets, type RollupRange } from "#ports/result_buckets";
import { statusBits } from "#ports/result_row";
import type { RollupTier, RunCounts } from "#ports/results";
import { missedOf } from "#ports/rows/missed_slots";
import { tierCodes } from "#ports/rows/rollups";
import type { CheckLog } from "./check_logs.ts";
import type { Reader } from "./connection.ts";
import { readMissedOfSome } from "./result_log.ts";

export interface RunCountReader {
  /** Of these checks, in the order of their numbers; every bucket of the range has its place. */
  read(logs: readonly CheckLog[], range: RollupRange): Promise<RunCounts[]>;
  /** What was read of a bucket is no longer so. */
  changed(tier: RollupTier, bucketMs: number): void;
}

interface StoredCounts {
  check_no: number;
  through: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
}

const columns = ["check_no", "through", "up", "degraded", "down", "unknown"] as const;
const width = columns.length;
/** 48 bytes each: the days of 2,000 checks in a quarter. */
const mostKept = 200_000;
const checksAtOnce = 200;

export function createRunCountReader(reader: Reader, clock: Clock, checks: () => number): RunCountReader {
  const kept = new Map<string, Float64Array>();
  let rowsKept = 0;

  const stored = (tier: RollupTier, bucketMs: number, between: [number, number]): Float64Array => {
    const rows = reader.all<StoredCounts>(`SELECT ${columns.join(", ")} FROM rollups WHERE tier = ? AND bucket = ? AND check_no BETWEEN ? AND ?`, [tierCodes[tier], bucketMs, ...between]);
    const packed = new Float64Array(rows.length * width);
    let at = 0;
    for (const row of rows) for (const column of columns) packed[at++] = row[column];
    return packed;
  };

  /** All checks of a bucket. */
  const whole = (tier: RollupTier, bucketMs: number): Float64Array => {
    const key = keyOf(tier, bucketMs);
    const known = kept.get(key);
    if (known) return known;
    const packed = stored(tier, bucketMs, [0, Number.MAX_SAFE_INTEGER]);
    if (rowsKept + packed.length / width > mostKept) {
      kept.clear();
      rowsKept = 0;
    }
    kept.set(key, packed);
    rowsKept += packed.length / width;
    return packed;
  };

  return {
    async read(logs, range) {
      const { fromMs, beforeMs } = wholeBuckets(range);
      const stepMs = tierMs[range.tier];
      const buckets = Array.from({ length: Math.max(0, (beforeMs - fromMs) / stepMs) }, (_, i) => fromMs + i * stepMs);
      const isKept = checks() * buckets.length <= mostKept;
      const breathe = createBreather(clock);
      if (isKept) {
        for (const bucketMs of buckets) {
          whole(range.tier, bucketMs);
          await breathe();
        }
      }
      const found: RunCounts[] = [];
      const sorted = logs.toSorted((a, b) => a.no - b.no);
      for (let at = 0; at < sorted.length; at += checksAtOnce) {
        const portion = sorted.slice(at, at + checksAtOnce);
        const ends: [number, number] = [portion[0]!.no, portion.at(-1)!.no];
        const counts = portion.map((log) => new Tally(log, buckets.length));
        // Without a pause in between: what is sealed meanwhile would be counted twice, or not at all.
        for (const [i, bucketMs] of buckets.entries()) addStored(counts, i, isKept ? whole(range.tier, bucketMs) : stored(range.tier, bucketMs, ends));
        const missed = Map.groupBy(readMissedOfSome(reader, ends, range), (row) => row.check_no);
        for (const tally of counts) {
          tally.addOpen(fromMs, stepMs);
          for (const row of missed.get(tally.log.no) ?? []) spreadMissed(missedOf(tally.log, row), stepMs, { fromMs, beforeMs }, (bucketMs, count) => (tally.counts.missed[(bucketMs - fromMs) / stepMs]! += count));
        }
        found.push(...counts.map((tally) => tally.counts));
        await breathe();
      }
      return found;
    },
    changed(tier, bucketMs) {
      const key = keyOf(tier, bucketMs);
      rowsKept -= (kept.get(key)?.length ?? 0) / width;
      kept.delete(key);
    },
  };
}

function keyOf(tier: RollupTier, bucketMs: number): string {
  return `${tier} ${bucketMs}`;
}

/** Both in the order of the checks' numbers. */
function addStored(tallies: readonly Tally[], bucket: number, stored: Float64Array): void {
  let at = firstAtLeast(stored, tallies[0]!.log.no);
  for (const tally of tallies) {
    while (at < stored.length && stored[at]! < tally.log.no) at += width;
    if (stored[at] === tally.log.no) tally.addStored(bucket, stored, at);
  }
}

/** Where the first row of a check with this number or a higher one begins. */
function firstAtLeast(stored: Float64Array, checkNo: number): number {
  let low = 0;
  let high = stored.length / width;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stored[middle * width]! < checkNo) low = middle + 1;
    else high = middle;
  }
  return low * width;
}

class Tally {
  readonly counts: RunCounts;
  /** Sequence of the newest result that each bucket holds. */
  readonly #through: Float64Array;

  constructor(
    readonly log: CheckLog,
    buckets: number,
  ) {
    const zeros = () => Array.from({ length: buckets }, () => 0);
    this.counts = { checkId: log.id, up: zeros(), degraded: zeros(), down: zeros(), unknown: zeros(), missed: zeros() };
    this.#through = new Float64Array(buckets);
  }

  addStored(bucket: number, stored: Float64Array, at: number): void {
    this.#through[bucket] = stored[at + 1]!;
    this.counts.up[bucket]! += stored[at + 2]!;
    this.counts.degraded[bucket]! += stored[at + 3]!;
    this.counts.down[bucket]! += stored[at + 4]!;
    this.counts.unknown[bucket]! += stored[at + 5]!;
  }

  addOpen(fromMs: number, stepMs: number): void {
    const { open } = this.log;
    const byStatus = [this.counts.up, this.counts.degraded, this.counts.down, this.counts.unknown];
    for (let i = 0; i < open.rows; i++) {
      const bucket = Math.floor((open.slotOf(i) - fromMs) / stepMs);
      if (bucket >= 0 && bucket < this.#through.length && open.sequenceOf(i) > this.#through[bucket]!) byStatus[open.flagsOf(i) & statusBits]![bucket]!++;
    }
  }
}
