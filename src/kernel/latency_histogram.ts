/**
 * Latencies as counts in logarithmic buckets, 8 an octave from 0.01 ms: bucket i ends at 0.01 · 2^(i/8) ms, bucket 0 holds all
 * that is not above 0.01 ms, and the last (10.9 hours) all that is above. Such counts can be added up over any span of time,
 * which quantiles cannot. A quantile is the geometric middle of its bucket, so it is off by at most 2^(1/16), 4.4 %, whatever
 * the latencies were; a point between the edges guessed from the rank could be off by the whole bucket, 9 %.
 */
export const bucketCount = 256;

const firstEdgeMs = 0.01;
const perOctave = 8;

/** Bucket → count, while it is being filled. */
export type Counts = Uint32Array | Map<number, number>;

export function bucketOf(latencyMs: number): number {
  // Also true for NaN.
  if (!(latencyMs > firstEdgeMs)) return 0;
  return Math.min(bucketCount - 1, Math.ceil(perOctave * Math.log2(latencyMs / firstEdgeMs)));
}

export function upperEdgeMs(bucket: number): number {
  return firstEdgeMs * 2 ** (bucket / perOctave);
}

export function addTo(counts: Counts, latencyMs: number): void {
  addCount(counts, bucketOf(latencyMs), 1);
}

/** The buckets that hold something, in ascending order, as `[bucket, count, bucket, count, …]`: the form of the contracts. */
export function encodePairs(counts: Counts): number[] {
  const pairs: number[] = [];
  if (counts instanceof Map) {
    for (const [bucket, count] of [...counts].sort((a, b) => a[0] - b[0])) if (count > 0) pairs.push(bucket, count);
  } else {
    for (let bucket = 0; bucket < counts.length; bucket++) if (counts[bucket]! > 0) pairs.push(bucket, counts[bucket]!);
  }
  return pairs;
}

/** Adds encoded pairs to counts. */
export function addPairs(counts: Counts, pairs: ArrayLike<number>): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) addCount(counts, Math.min(pairs[i]!, bucketCount - 1), pairs[i + 1]!);
}

/** The latency in milliseconds that the share `q` (0..1) of the runs did not exceed; undefined without any. `pairs` are ascending. */
export function quantile(pairs: ArrayLike<number>, q: number): number | undefined {
  let total = 0;
  for (let i = 1; i < pairs.length; i += 2) total += pairs[i]!;
  if (total === 0) return undefined;
  const rank = Math.min(total, Math.max(1, Math.ceil(q * total)));
  let seen = 0;
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    seen += pairs[i + 1]!;
    if (seen >= rank) return middleMs(pairs[i]!);
  }
  return undefined;
}

function middleMs(bucket: number): number {
  return upperEdgeMs(bucket - 0.5);
}

function addCount(counts: Counts, bucket: number, count: number): void {
  if (counts instanceof Map) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  else counts[bucket] = (counts[bucket] ?? 0) + count;
}
