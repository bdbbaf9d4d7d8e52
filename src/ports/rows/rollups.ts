/** Counts and latencies by minute, hour and day, as both SQL adapters keep them. */
import { addPairs, encodePairs } from "#kernel/latency_histogram";
import type { Bucket } from "../result_buckets.ts";
import type { RollupTier } from "../results.ts";

export const tierCodes: Record<RollupTier, number> = { minute: 0, hour: 1, day: 2 };

export interface RollupRow {
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

export function bucketOf(row: RollupRow): Bucket {
  const { bucket: bucketMs, through, up, degraded, down, latency_sum: sum, latency_min: min, latency_max: max } = row;
  const histogram = new Map<number, number>();
  // A copy: what the client gives may lie anywhere in a larger buffer.
  addPairs(histogram, new Uint32Array(new Uint8Array(row.histogram).buffer));
  return { bucketMs, through, counts: [up, degraded, down, row.unknown], sum, min: histogram.size > 0 ? min : Number.POSITIVE_INFINITY, max, histogram };
}

/** Zero when nothing was observed. */
export function minColumn({ min }: Bucket): number {
  return Number.isFinite(min) ? min : 0;
}

export function histogramColumn({ histogram }: Bucket): Uint8Array {
  return new Uint8Array(Uint32Array.from(encodePairs(histogram)).buffer);
}
