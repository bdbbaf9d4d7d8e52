/** Uptime and latency over a window. */
import type { Latency, PhaseMeans, Uptime, UptimeBars } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { isoOrNull, time, timeOrNull } from "./shared.ts";

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
    maintenance: count.meta({ description: "slots within maintenance: for neither side, and not due" }),
    corrections: count.meta({ description: "how many corrections of the past the figures rest on" }),
    coverage: ratio,
    buckets: z.array(z.strictObject({ from: time, ratio, up: count, down: count, unknown: count, missed: count, maintenance: count })),
  })
  .meta({ id: "Uptime" });

const latencyMs = z.number().nullable();

const phasesShape = z
  .strictObject({ dnsMs: z.number(), connectMs: z.number(), tlsMs: z.number(), firstByteMs: z.number(), transferMs: z.number() })
  .nullable()
  .meta({ description: "means; 0 where runs have no such phase, null where nobody asked or it is not known" });

export const latencyShape = z
  .strictObject({
    checkId: z.string(),
    window: z.string().meta({ description: "empty between two instants" }),
    from: time,
    to: time,
    stepMs: z.number().meta({ description: "how long a point is" }),
    phasesFrom: timeOrNull.meta({ description: "from when on points have phases: only the newest 3,000 results are looked at" }),
    p50Ms: latencyMs,
    p95Ms: latencyMs,
    p99Ms: latencyMs,
    points: z.array(
      z.strictObject({ at: time, count, avgMs: latencyMs, p50Ms: latencyMs, p95Ms: latencyMs, p99Ms: latencyMs, maxMs: latencyMs, down: count, phases: phasesShape }),
    ),
  })
  .meta({ id: "Latency" });

export function uptimeView(uptime: Uptime) {
  const { checkId, window, fromMs, toMs, ratio, up, degraded, down, unknown, missed, maintenance, corrections, coverage } = uptime;
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
    maintenance,
    corrections,
    coverage: coverage ?? null,
    buckets: uptime.buckets.map((bucket) => ({
      from: iso(bucket.fromMs),
      ratio: bucket.ratio ?? null,
      up: bucket.up,
      down: bucket.down,
      unknown: bucket.unknown,
      missed: bucket.missed,
      maintenance: bucket.maintenance,
    })),
  };
}

/** A row of a list, as `uptimeView` shows one check; `from` is when each bucket begins. */
export function uptimeBarsView({ total, up, down, unknown, missed, maintenance }: UptimeBars, from: readonly string[]) {
  const buckets = up.map((good, i) => {
    const observed = good + down[i]!;
    return { from: from[i]!, ratio: observed === 0 ? null : good / observed, up: good, down: down[i]!, unknown: unknown[i]!, missed: missed[i]!, maintenance: maintenance[i] ?? 0 };
  });
  const none = from.map((begin) => ({ from: begin, ratio: null, up: 0, down: 0, unknown: 0, missed: 0, maintenance: 0 }));
  return { ...uptimeView(total!), buckets: up.length > 0 ? buckets : none };
}

export function latencyView({ checkId, window, fromMs, toMs, stepMs, phasesFromMs, p50Ms, p95Ms, p99Ms, points }: Latency) {
  return {
    checkId,
    window,
    from: iso(fromMs),
    to: iso(toMs),
    stepMs,
    phasesFrom: isoOrNull(phasesFromMs ?? 0),
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
      phases: point.phases ? phasesView(point.phases) : null,
    })),
  };
}

function phasesView({ dnsMs, connectMs, tlsMs, firstByteMs, transferMs }: PhaseMeans) {
  return { dnsMs, connectMs, tlsMs, firstByteMs, transferMs };
}

function measured(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
