/** Rollups of a chart with so many points: made where they are read, since a day has 1,440 minutes and a chart a hundred points. */
import { addPairs, encodePairs } from "#kernel/latency_histogram";
import type { RollupTier, StoredRollup } from "#ports/results";

const tierMs: Record<RollupTier, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

interface Steps {
  tier: RollupTier;
  /** Where the chart ends. */
  untilMs: number;
  /** At most this many; 0 for one a bucket. */
  points: number;
}

/** Each item begins at a whole number of steps since 1970. Nothing before the first rollup counts: a young check gets its points where it has something to show. */
export function inSteps(rollups: StoredRollup[], { tier, untilMs, points }: Steps): { items: StoredRollup[]; stepMs: number } {
  const stepMs = points === 0 || rollups.length === 0 ? tierMs[tier] : stepFor({ firstMs: rollups[0]!.bucketMs, lastMs: untilMs - 1, bucketMs: tierMs[tier], points });
  if (stepMs === tierMs[tier]) return { items: rollups, stepMs };
  const steps = Map.groupBy(rollups, ({ bucketMs }) => Math.floor(bucketMs / stepMs) * stepMs);
  return { items: [...steps].map(([bucketMs, of]) => sumOf(bucketMs, of)), stepMs };
}

/** The shortest step in whole buckets that covers a span with at most `points` of them. */
function stepFor({ firstMs, lastMs, bucketMs, points }: { firstMs: number; lastMs: number; bucketMs: number; points: number }): number {
  const buckets = Math.floor(lastMs / bucketMs) - Math.floor(firstMs / bucketMs) + 1;
  // Longer steps lie on a grid of their own, so the span may reach into one more of them.
  return (buckets <= points ? 1 : Math.ceil(buckets / Math.max(1, points - 1))) * bucketMs;
}

/** The rollups of several series, bucket by bucket. */
export async function addedUp(series: readonly Promise<StoredRollup[]>[]): Promise<StoredRollup[]> {
  const [first, ...others] = await Promise.all(series);
  if (others.length === 0) return first ?? [];
  const buckets = Map.groupBy([first!, ...others].flat(), ({ bucketMs }) => bucketMs);
  return [...buckets].sort(([a], [b]) => a - b).map(([bucketMs, of]) => (of.length === 1 ? of[0]! : sumOf(bucketMs, of)));
}

function sumOf(bucketMs: number, rollups: readonly StoredRollup[]): StoredRollup {
  const sum: StoredRollup = { bucketMs, up: 0, degraded: 0, down: 0, unknown: 0, missed: 0, latencySumMs: 0, latencyMinMs: 0, latencyMaxMs: 0, histogram: [] };
  const histogram = new Map<number, number>();
  for (const rollup of rollups) {
    for (const name of ["up", "degraded", "down", "unknown", "missed", "latencySumMs"] as const) sum[name] += rollup[name];
    // Zero stands for a bucket in which nothing was observed.
    if (rollup.histogram.length === 0) continue;
    sum.latencyMinMs = histogram.size === 0 ? rollup.latencyMinMs : Math.min(sum.latencyMinMs, rollup.latencyMinMs);
    sum.latencyMaxMs = Math.max(sum.latencyMaxMs, rollup.latencyMaxMs);
    addPairs(histogram, rollup.histogram);
  }
  return { ...sum, histogram: encodePairs(histogram) };
}
