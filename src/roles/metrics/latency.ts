/** Latency over time from rollups: their histograms are added up per point, so that its quantiles are those of all its runs. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Rollup } from "#contracts/uptimeping/core/v1/core_pb";
import type { LatencyPointSchema, LatencySchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { addPairs, encodePairs, quantile } from "#kernel/latency_histogram";

type Latency = Omit<MessageInitShape<typeof LatencySchema>, "$typeName" | "checkId" | "window">;
type LatencyPoint = MessageInitShape<typeof LatencyPointSchema>;

interface Merged {
  histogram: Map<number, number>;
  count: number;
  sumMs: number;
  minMs: number;
  maxMs: number;
  down: number;
}

/** One point for each step that has runs or outages in it, oldest first. */
export function latencyOf(rollups: Rollup[], stepMs: number): Latency {
  const steps = new Map<number, Merged>();
  const whole = empty();
  for (const rollup of rollups) {
    const atMs = Math.floor(rollup.bucketMs / stepMs) * stepMs;
    const step = steps.get(atMs) ?? empty();
    steps.set(atMs, step);
    merge(step, rollup);
    merge(whole, rollup);
  }
  const points = [...steps].sort((a, b) => a[0] - b[0]).filter(([, step]) => step.count > 0 || step.down > 0);
  return { points: points.map(([atMs, step]) => pointOf(atMs, step)), ...(whole.count > 0 && quantilesOf(whole)) };
}

function merge(into: Merged, rollup: Rollup): void {
  const { histogram } = rollup;
  let count = 0;
  for (let i = 1; i < histogram.length; i += 2) count += histogram[i]!;
  into.down += rollup.down;
  if (count === 0) return;
  addPairs(into.histogram, histogram);
  into.count += count;
  into.sumMs += rollup.latencySumMs;
  into.minMs = Math.min(into.minMs, rollup.latencyMinMs);
  into.maxMs = Math.max(into.maxMs, rollup.latencyMaxMs);
}

function pointOf(atMs: number, step: Merged): LatencyPoint {
  const { count, sumMs, maxMs, down } = step;
  return count === 0 ? { atMs, down } : { atMs, count, avgMs: Math.round((sumMs / count) * 1000) / 1000, ...quantilesOf(step), maxMs, down };
}

/** A bucket reaches beyond what was measured at both ends; an answer must not. Whole microseconds, as they were measured. */
function quantilesOf({ histogram, minMs, maxMs }: Merged): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const pairs = encodePairs(histogram);
  const at = (q: number) => Math.round(Math.min(maxMs, Math.max(minMs, quantile(pairs, q)!)) * 1000) / 1000;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

function empty(): Merged {
  return { histogram: new Map(), count: 0, sumMs: 0, minMs: Number.POSITIVE_INFINITY, maxMs: 0, down: 0 };
}
