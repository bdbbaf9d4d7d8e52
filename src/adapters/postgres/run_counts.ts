/**
 * How often each of many series was up, degraded, down or unknown, bucket by bucket: what bars are drawn from. The stored part comes as
 * arrays, one row a bucket, since a row a number would take the client ten times as long; what is not counted yet is added.
 */
import type { Clock } from "#kernel/clock";
import { createBreather } from "#kernel/breather";
import { spreadMissed } from "#ports/missed_slots";
import { tierMs, wholeBuckets, type RollupRange } from "#ports/result_buckets";
import type { MissedSlots, RunCounts } from "#ports/results";
import { tierCodes } from "#ports/rows/rollups";
import type { Reader } from "./connection.ts";
import type { RowsSeen } from "./open_rows.ts";
import { readMissed } from "./result_log.ts";
import type { Series } from "./result_series.ts";

interface BucketRow {
  bucket: number;
  nos: number[];
  through: number[];
  up: number[];
  degraded: number[];
  down: number[];
  unknown: number[];
}

const seriesAtOnce = 200;

/** Of these series, in any order; every bucket of the range has its place. */
export async function readRunCounts(reader: Reader, clock: Clock, { series, range }: { series: readonly Series[]; range: RollupRange }): Promise<RunCounts[]> {
  const { fromMs, beforeMs } = wholeBuckets(range);
  const stepMs = tierMs[range.tier];
  const buckets = Array.from({ length: Math.max(0, (beforeMs - fromMs) / stepMs) }, (_, i) => fromMs + i * stepMs);
  const breathe = createBreather(clock);
  const found: RunCounts[] = [];
  for (let at = 0; at < series.length; at += seriesAtOnce) {
    const portion = series.slice(at, at + seriesAtOnce);
    const tallies = new Map(portion.map((one) => [one.no, new Tally(one, buckets.length)]));
    for (const row of await readStored(reader, range, { buckets, nos: [...tallies.keys()] })) {
      row.nos.forEach((no, i) => tallies.get(no)!.addStored((row.bucket - fromMs) / stepMs, row, i));
      await breathe();
    }
    const missed = await readMissed(reader, portion, range);
    for (const [no, tally] of tallies) {
      tally.addOpen(fromMs, stepMs);
      for (const gap of missed.get(no) ?? []) tally.addMissed(gap, stepMs, { fromMs, beforeMs });
      found.push(tally.counts);
      await breathe();
    }
  }
  return found;
}

function readStored(reader: Reader, { tier }: RollupRange, { buckets, nos }: { buckets: readonly number[]; nos: readonly number[] }): Promise<BucketRow[]> {
  return reader.all(
    `SELECT bucket, array_agg(check_no) AS nos, array_agg(through::double precision) AS through, array_agg(up) AS up, array_agg(degraded) AS degraded,
       array_agg(down) AS down, array_agg(unknown) AS unknown
     FROM rollups WHERE tier = $1 AND bucket = ANY($2::bigint[]) AND check_no = ANY($3::integer[]) GROUP BY bucket`,
    [tierCodes[tier], `{${buckets.join(",")}}`, `{${nos.join(",")}}`],
  );
}

class Tally {
  readonly counts: RunCounts;
  /** From before the stored part is read: what is counted meanwhile is in one of the two, and `through` tells what is in both. */
  readonly #open: RowsSeen;
  /** Sequence of the newest result that each bucket holds. */
  readonly #through: Float64Array;

  constructor(series: Series, buckets: number) {
    const zeros = () => Array.from({ length: buckets }, () => 0);
    this.counts = { checkId: series.id, up: zeros(), degraded: zeros(), down: zeros(), unknown: zeros(), missed: zeros() };
    this.#through = new Float64Array(buckets);
    this.#open = series.open.snapshot();
  }

  addStored(bucket: number, row: BucketRow, at: number): void {
    this.#through[bucket] = row.through[at]!;
    for (const status of ["up", "degraded", "down", "unknown"] as const) this.counts[status][bucket] = row[status][at]!;
  }

  addOpen(fromMs: number, stepMs: number): void {
    const byStatus = [this.counts.up, this.counts.degraded, this.counts.down, this.counts.unknown];
    for (let i = 0; i < this.#open.rows; i++) {
      const bucket = Math.floor((this.#open.slotOf(i) - fromMs) / stepMs);
      if (bucket >= 0 && bucket < this.#through.length && this.#open.sequenceOf(i) > this.#through[bucket]!) byStatus[this.#open.flagsOf(i)]![bucket]!++;
    }
  }

  addMissed(gap: MissedSlots, stepMs: number, within: { fromMs: number; beforeMs: number }): void {
    spreadMissed(gap, stepMs, within, (bucketMs, count) => (this.counts.missed[(bucketMs - within.fromMs) / stepMs]! += count));
  }
}
