/** Uptime and latency over a window. */
import type { Latency, Uptime } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { time } from "./shared.ts";

const ratio = z.number().nullable().meta({ description: "0 to 1; null without data, which is never 100 %" });
const count = z.number();

export const uptimeShape = z
  .strictObject({
    checkId: z.string(),
    window: z.string(),
    from: time,
    to: time,
    ratio,
    up: count,
    degraded: count,
    down: count,
    unknown: count,
    missed: count,
    coverage: ratio,
    buckets: z.array(z.strictObject({ from: time, ratio, up: count, down: count, unknown: count, missed: count })),
  })
  .meta({ id: "Uptime" });

const latencyMs = z.number().nullable();

export const latencyShape = z
  .strictObject({
    checkId: z.string(),
    window: z.string(),
    p50Ms: latencyMs,
    p95Ms: latencyMs,
    p99Ms: latencyMs,
    points: z.array(
      z.strictObject({ at: time, count, avgMs: latencyMs, p50Ms: latencyMs, p95Ms: latencyMs, p99Ms: latencyMs, maxMs: latencyMs, down: count }),
    ),
  })
  .meta({ id: "Latency" });

export function uptimeView(uptime: Uptime) {
  const { checkId, window, fromMs, toMs, ratio, up, degraded, down, unknown, missed, coverage } = uptime;
  return {
    checkId,
    window,
    from: iso(fromMs),
    to: iso(toMs),
    ratio: ratio ?? null,
    up,
    degraded,
    down,
    unknown,
    missed,
    coverage: coverage ?? null,
    buckets: uptime.buckets.map((bucket) => ({
      from: iso(bucket.fromMs),
      ratio: bucket.ratio ?? null,
      up: bucket.up,
      down: bucket.down,
      unknown: bucket.unknown,
      missed: bucket.missed,
    })),
  };
}

export function latencyView({ checkId, window, p50Ms, p95Ms, p99Ms, points }: Latency) {
  return {
    checkId,
    window,
    p50Ms: measured(p50Ms),
    p95Ms: measured(p95Ms),
    p99Ms: measured(p99Ms),
    points: points.map((point) => ({
      at: iso(point.atMs),
      count: point.count,
      avgMs: measured(point.avgMs),
      p50Ms: measured(point.p50Ms),
      p95Ms: measured(point.p95Ms),
      p99Ms: measured(point.p99Ms),
      maxMs: measured(point.maxMs),
      down: point.down,
    })),
  };
}

function measured(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
