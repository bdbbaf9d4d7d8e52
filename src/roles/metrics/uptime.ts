/**
 * Uptime from rollups. What was not observed counts for neither side, and no data is never 100 %: the ratio is then absent,
 * and the coverage says how much of the time was seen at all.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Rollup } from "#contracts/uptimeping/core/v1/core_pb";
import type { UptimeBucketSchema, UptimeSchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import type { Range } from "./window.ts";

type Counts = Pick<Rollup, "up" | "degraded" | "down" | "unknown" | "missed">;
type Uptime = Omit<MessageInitShape<typeof UptimeSchema>, "$typeName" | "checkId" | "window">;
type UptimeBucket = MessageInitShape<typeof UptimeBucketSchema>;

const nothing: Counts = { up: 0, degraded: 0, down: 0, unknown: 0, missed: 0 };

export function uptimeOf(rollups: Rollup[], { fromMs, toMs, stepMs }: Range): Uptime {
  const byBucket = new Map<number, Counts>();
  for (const rollup of rollups) byBucket.set(rollup.bucketMs, sum(byBucket.get(rollup.bucketMs) ?? nothing, rollup));
  const buckets: UptimeBucket[] = [];
  let total = nothing;
  for (let atMs = fromMs; atMs <= toMs; atMs += stepMs) {
    const counts = byBucket.get(atMs) ?? nothing;
    total = sum(total, counts);
    buckets.push(bucketOf(atMs, counts));
  }
  return { fromMs, toMs, ...total, ...given("ratio", ratioOf(total)), ...given("coverage", coverageOf(total)), buckets };
}

/** A degraded check is up: it answered. */
function ratioOf({ up, degraded, down }: Counts): number | undefined {
  const observed = up + degraded + down;
  return observed === 0 ? undefined : (up + degraded) / observed;
}

function coverageOf({ up, degraded, down, unknown, missed }: Counts): number | undefined {
  const observed = up + degraded + down;
  const due = observed + unknown + missed;
  return due === 0 ? undefined : observed / due;
}

function bucketOf(fromMs: number, counts: Counts): UptimeBucket {
  const { up, degraded, down, unknown, missed } = counts;
  return { fromMs, up: up + degraded, down, unknown, missed, ...given("ratio", ratioOf(counts)) };
}

function sum(first: Counts, second: Counts): Counts {
  return {
    up: first.up + second.up,
    degraded: first.degraded + second.degraded,
    down: first.down + second.down,
    unknown: first.unknown + second.unknown,
    missed: first.missed + second.missed,
  };
}

function given<K extends string>(name: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, number>);
}
