/**
 * Counts and latencies of each check by minute, hour and day. They follow from the log, so they are kept in memory and written
 * now and then: three upserts a result would cost forty times the result itself. Each written row says up to which result it
 * counts (`through`); after a crash the results after that are counted in again.
 *
 * Minutes are kept only for checks that run more than once a minute; for the others a minute is no more than the result itself.
 */
import { addPairs, addTo, encodePairs } from "#kernel/latency_histogram";
import type { RollupTier, StoredRollup } from "#ports/results";
import type { Reader, Transaction } from "./connection.ts";

const tierCodes: Record<RollupTier, number> = { minute: 0, hour: 1, day: 2 };
export const tierMs: Record<RollupTier, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const tiers: RollupTier[] = ["minute", "hour", "day"];

export interface Sample {
  sequence: number;
  slotMs: number;
  /** Index into the counts: 0 up, 1 degraded, 2 down, 3 unknown. */
  status: number;
  latencyMs: number;
}

interface Bucket {
  checkNo: number;
  tier: RollupTier;
  bucketMs: number;
  through: number;
  counts: [number, number, number, number];
  sum: number;
  min: number;
  max: number;
  histogram: Map<number, number>;
  dirty: boolean;
}

/** Open buckets of one check. */
export interface OpenBuckets {
  minute: Bucket | undefined;
  hour: Bucket | undefined;
  day: Bucket | undefined;
  lastSlotMs: number;
}

export function noBuckets(): OpenBuckets {
  return { minute: undefined, hour: undefined, day: undefined, lastSlotMs: 0 };
}

export interface Rollups {
  count(open: OpenBuckets, checkNo: number, sample: Sample): void;
  /** Marks what has changed until now as what the following flushes have to write. */
  beginFlush(): void;
  /** Writes at most `limit` of the marked buckets; gives how many are left. */
  flush(tx: Transaction, limit: number): number;
  /** Removes buckets of a tier from before a time. */
  removeBefore(tx: Transaction, tier: RollupTier, beforeMs: number): void;
  read(checkNo: number, tier: RollupTier, fromMs: number, toMs: number, open: OpenBuckets | undefined): StoredRollup[];
}

export function createRollups(reader: Reader): Rollups {
  const changed = new Map<string, Bucket>();
  let marked: Bucket[] = [];

  const bucketFor = (open: OpenBuckets, checkNo: number, tier: RollupTier, slotMs: number): Bucket => {
    const bucketMs = Math.floor(slotMs / tierMs[tier]) * tierMs[tier];
    const current = open[tier];
    if (current?.bucketMs === bucketMs) return current;
    // Read back even when a later one is open: a result may come late, or after a restart.
    const bucket = changed.get(keyOf(checkNo, tier, bucketMs)) ?? stored(reader, checkNo, tier, bucketMs);
    if (!current || current.bucketMs < bucketMs) open[tier] = bucket;
    return bucket;
  };

  const touch = (bucket: Bucket) => {
    if (bucket.dirty) return;
    bucket.dirty = true;
    changed.set(keyOf(bucket.checkNo, bucket.tier, bucket.bucketMs), bucket);
  };

  return {
    count(open, checkNo, sample) {
      const often = open.lastSlotMs > 0 && sample.slotMs - open.lastSlotMs < tierMs.minute;
      open.lastSlotMs = sample.slotMs;
      for (const tier of tiers) {
        if (tier === "minute" && !often) continue;
        const bucket = bucketFor(open, checkNo, tier, sample.slotMs);
        if (sample.sequence <= bucket.through) continue;
        bucket.through = sample.sequence;
        bucket.counts[sample.status as 0]++;
        if (sample.status !== 3) addLatency(bucket, sample.latencyMs);
        touch(bucket);
      }
    },
    beginFlush() {
      marked = [...changed.values()].sort((a, b) => tierCodes[a.tier] - tierCodes[b.tier] || a.bucketMs - b.bucketMs || a.checkNo - b.checkNo);
    },
    flush(tx, limit) {
      for (const bucket of marked.splice(0, limit)) {
        changed.delete(keyOf(bucket.checkNo, bucket.tier, bucket.bucketMs));
        bucket.dirty = false;
        write(tx, bucket);
      }
      return marked.length;
    },
    removeBefore: (tx, tier, beforeMs) => void tx.run("DELETE FROM rollups WHERE tier = ? AND bucket < ?", [tierCodes[tier], beforeMs]),
    read(checkNo, tier, fromMs, toMs, open) {
      const found = new Map<number, StoredRollup>();
      const rows = reader.all<RollupRow>(
        "SELECT * FROM rollups WHERE tier = ? AND check_no = ? AND bucket IN (SELECT value FROM json_each(?))",
        [tierCodes[tier], checkNo, JSON.stringify(bucketsBetween(tier, fromMs, toMs))],
      );
      for (const row of rows) found.set(row.bucket, viewOf(bucketOf(row, checkNo, tier)));
      // What was not written yet: the open bucket, and at times the ones before it.
      for (let bucketMs = open?.[tier]?.bucketMs ?? 0; bucketMs + tierMs[tier] > fromMs && bucketMs > 0; bucketMs -= tierMs[tier]) {
        const bucket = open?.[tier]?.bucketMs === bucketMs ? open[tier] : changed.get(keyOf(checkNo, tier, bucketMs));
        if (!bucket) break;
        if (bucketMs < toMs) found.set(bucketMs, viewOf(bucket));
      }
      return [...found.values()].sort((a, b) => a.bucketMs - b.bucketMs);
    },
  };
}

/** Rollups straight from results, in any order. */
export function rollupsOf(rows: { slot: number; flags: number; latency: number }[], tier: RollupTier): StoredRollup[] {
  const buckets = new Map<number, Bucket>();
  for (const row of rows) {
    const bucketMs = Math.floor(row.slot / tierMs[tier]) * tierMs[tier];
    const bucket = buckets.get(bucketMs) ?? emptyBucket(0, tier, bucketMs);
    buckets.set(bucketMs, bucket);
    bucket.counts[(row.flags & 3) as 0]++;
    if ((row.flags & 3) !== 3) addLatency(bucket, row.latency / 1000);
  }
  return [...buckets.values()].map(viewOf).sort((a, b) => a.bucketMs - b.bucketMs);
}

interface RollupRow {
  bucket: number;
  through: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  latency_sum: number;
  latency_min: number;
  latency_max: number;
  histogram: Uint8Array;
}

function bucketsBetween(tier: RollupTier, fromMs: number, toMs: number): number[] {
  const first = Math.floor(fromMs / tierMs[tier]);
  return Array.from({ length: Math.max(0, Math.ceil(toMs / tierMs[tier]) - first) }, (_, i) => (first + i) * tierMs[tier]);
}

function keyOf(checkNo: number, tier: RollupTier, bucketMs: number): string {
  return `${checkNo} ${tier} ${bucketMs}`;
}

function stored(reader: Reader, checkNo: number, tier: RollupTier, bucketMs: number): Bucket {
  const row = reader.get<RollupRow>("SELECT * FROM rollups WHERE tier = ? AND bucket = ? AND check_no = ?", [tierCodes[tier], bucketMs, checkNo]);
  if (row) return bucketOf(row, checkNo, tier);
  return emptyBucket(checkNo, tier, bucketMs);
}

function emptyBucket(checkNo: number, tier: RollupTier, bucketMs: number): Bucket {
  return { checkNo, tier, bucketMs, through: 0, counts: [0, 0, 0, 0], sum: 0, min: Number.POSITIVE_INFINITY, max: 0, histogram: new Map(), dirty: false };
}

function bucketOf(row: RollupRow, checkNo: number, tier: RollupTier): Bucket {
  const histogram = new Map<number, number>();
  addPairs(histogram, new Uint32Array(row.histogram.slice().buffer));
  return {
    checkNo,
    tier,
    bucketMs: row.bucket,
    through: row.through,
    counts: [row.up, row.degraded, row.down, row.unknown],
    sum: row.latency_sum,
    min: row.latency_min,
    max: row.latency_max,
    histogram,
    dirty: false,
  };
}

function addLatency(bucket: Bucket, latencyMs: number): void {
  bucket.sum += latencyMs;
  if (latencyMs < bucket.min) bucket.min = latencyMs;
  if (latencyMs > bucket.max) bucket.max = latencyMs;
  addTo(bucket.histogram, latencyMs);
}

function write(tx: Transaction, bucket: Bucket): void {
  const [up, degraded, down, unknown] = bucket.counts;
  const pairs = Uint32Array.from(encodePairs(bucket.histogram));
  tx.run("INSERT OR REPLACE INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
    tierCodes[bucket.tier],
    bucket.bucketMs,
    bucket.checkNo,
    bucket.through,
    up,
    degraded,
    down,
    unknown,
    bucket.sum,
    Number.isFinite(bucket.min) ? bucket.min : 0,
    bucket.max,
    new Uint8Array(pairs.buffer),
  ]);
}

function viewOf(bucket: Bucket): StoredRollup {
  const [up, degraded, down, unknown] = bucket.counts;
  return {
    bucketMs: bucket.bucketMs,
    up,
    degraded,
    down,
    unknown,
    missed: 0,
    latencySumMs: bucket.sum,
    latencyMinMs: Number.isFinite(bucket.min) ? bucket.min : 0,
    latencyMaxMs: bucket.max,
    histogram: encodePairs(bucket.histogram),
  };
}
