/** Counts and latencies by minute, hour and day: how a store makes them of its rows. */
import { addTo, encodePairs } from "#kernel/latency_histogram";
import { spreadMissed } from "./missed_slots.ts";
import { statusBits, type CountedRow } from "./result_row.ts";
import { resultStatuses, type MissedSlots, type RollupTier, type StoredRollup } from "./results.ts";

export const tierMs: Record<RollupTier, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

export interface Bucket {
  bucketMs: number;
  /** Sequence of the newest result that is counted. */
  through: number;
  counts: [number, number, number, number];
  sum: number;
  min: number;
  max: number;
  histogram: Map<number, number>;
}

export interface RollupRange {
  tier: RollupTier;
  fromMs: number;
  toMs: number;
}

/** A range in whole buckets. */
export function wholeBuckets({ tier, fromMs, toMs }: RollupRange): { fromMs: number; beforeMs: number } {
  const ms = tierMs[tier];
  return { fromMs: Math.floor(fromMs / ms) * ms, beforeMs: Math.ceil(toMs / ms) * ms };
}

/** Whether a series with these rows runs more than once a minute. */
export function storesMinutes(rows: readonly CountedRow[]): boolean {
  return rows.length > 1 && rows.at(-1)!.slot - rows[0]!.slot < (rows.length - 1) * tierMs.minute;
}

/** Counts rows into buckets of a range; a row that a bucket has counted already is left out, unless `anew`. */
export function addRows(buckets: Map<number, Bucket>, { tier, fromMs, toMs }: RollupRange, rows: readonly CountedRow[], anew = false): Map<number, Bucket> {
  const range = wholeBuckets({ tier, fromMs, toMs });
  const begun = (bucketMs: number): Bucket | undefined => {
    const bucket = buckets.get(bucketMs);
    return bucket && anew ? { ...bucket, through: 0 } : bucket;
  };
  for (const bucket of fold(rows, tier, begun)) {
    if (bucket.bucketMs >= range.fromMs && bucket.bucketMs < range.beforeMs) buckets.set(bucket.bucketMs, bucket);
  }
  return buckets;
}

/** Counts rows into buckets, each of which begins as `begun` gives it; a row that a bucket has counted already is left out. */
export function fold(rows: readonly CountedRow[], tier: RollupTier, begun: (bucketMs: number) => Bucket | undefined): Iterable<Bucket> {
  const buckets = new Map<number, { bucket: Bucket; through: number }>();
  let current: { bucket: Bucket; through: number } | undefined;
  for (const row of rows) {
    const bucketMs = Math.floor(row.slot / tierMs[tier]) * tierMs[tier];
    if (current?.bucket.bucketMs !== bucketMs) {
      current = buckets.get(bucketMs);
      if (!current) {
        const bucket = begun(bucketMs) ?? emptyBucket(bucketMs);
        buckets.set(bucketMs, (current = { bucket, through: bucket.through }));
      }
    }
    if (row.sequence > current!.through) count(current!.bucket, row);
  }
  return buckets.values().map(({ bucket }) => bucket);
}

/** The latency of a run that was not observed says nothing. */
const unknown = resultStatuses.indexOf("unknown");

function count(bucket: Bucket, row: CountedRow): void {
  const status = row.flags & statusBits;
  bucket.counts[status as 0]++;
  bucket.through = Math.max(bucket.through, row.sequence);
  if (status === unknown) return;
  const latencyMs = row.latency / 1_000;
  bucket.sum += latencyMs;
  if (latencyMs < bucket.min) bucket.min = latencyMs;
  if (latencyMs > bucket.max) bucket.max = latencyMs;
  addTo(bucket.histogram, latencyMs);
}

function emptyBucket(bucketMs: number): Bucket {
  return { bucketMs, through: 0, counts: [0, 0, 0, 0], sum: 0, min: Number.POSITIVE_INFINITY, max: 0, histogram: new Map() };
}

function inOrder(buckets: Map<number, Bucket>): StoredRollup[] {
  return [...buckets.values()].sort((a, b) => a.bucketMs - b.bucketMs).map(viewOf);
}

function viewOf(bucket: Bucket): StoredRollup {
  const [up, degraded, down, unobserved] = bucket.counts;
  return {
    bucketMs: bucket.bucketMs,
    up,
    degraded,
    down,
    unknown: unobserved,
    missed: 0,
    latencySumMs: bucket.sum,
    latencyMinMs: Number.isFinite(bucket.min) ? bucket.min : 0,
    latencyMaxMs: bucket.max,
    histogram: encodePairs(bucket.histogram),
  };
}

/** As they are shown, in order, with the slots that were missed. */
export function withMissed(buckets: Map<number, Bucket>, missed: MissedSlots[], range: RollupRange): StoredRollup[] {
  const missedIn = new Map<number, number>();
  for (const gap of missed) {
    spreadMissed(gap, tierMs[range.tier], wholeBuckets(range), (bucketMs, count) => {
      missedIn.set(bucketMs, (missedIn.get(bucketMs) ?? 0) + count);
      if (!buckets.has(bucketMs)) buckets.set(bucketMs, emptyBucket(bucketMs));
    });
  }
  return inOrder(buckets).map((rollup) => ({ ...rollup, missed: missedIn.get(rollup.bucketMs) ?? 0 }));
}
