/** The windows people ask for, as ranges of whole buckets of a tier of core's rollups. */
import { invalidField } from "#kernel/errors";

export type Tier = "minute" | "hour" | "day";

export const tierMs: Record<Tier, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const windowMs = {
  "24h": tierMs.day,
  "7d": 7 * tierMs.day,
  "30d": 30 * tierMs.day,
  "90d": 90 * tierMs.day,
  "365d": 365 * tierMs.day,
} as const;

export type Window = keyof typeof windowMs;

/** Latency is also looked at more closely than uptime can be said. */
const latencyWindowMs = { "1h": tierMs.hour, "6h": 6 * tierMs.hour, ...windowMs } as const;

export type LatencyWindow = keyof typeof latencyWindowMs;

export interface Range {
  /** Start of the first bucket. */
  fromMs: number;
  /** Now, inside the last bucket. */
  toMs: number;
  stepMs: number;
}

export function windowOf(text: string): Window {
  if (Object.hasOwn(windowMs, text)) return text as Window;
  throw invalidField("/window", `no such window "${text}": one of ${Object.keys(windowMs).join(", ")}`);
}

/** A window, or any two instants. Before 1970 there was nothing to see, and nobody knows what comes. */
export function latencyRangeOf({ window, fromMs, toMs }: { window: string; fromMs: number; toMs: number }, nowMs: number): Omit<Range, "stepMs"> {
  if (fromMs === 0 && toMs === 0) {
    if (Object.hasOwn(latencyWindowMs, window)) return { fromMs: nowMs - latencyWindowMs[window as LatencyWindow], toMs: nowMs };
    throw invalidField("/window", `no such window "${window}": one of ${Object.keys(latencyWindowMs).join(", ")}`);
  }
  const endMs = Math.min(toMs || nowMs, nowMs);
  if (fromMs >= endMs) throw invalidField("/from", "must lie before the end, which is now when no other is given");
  return { fromMs, toMs: endMs };
}

/** As many buckets of `stepMs` as the window is long; the newest is the one that has begun. */
export function rangeOf(window: Window, stepMs: number, nowMs: number): Range {
  const newestMs = Math.floor(nowMs / stepMs) * stepMs;
  const count = Math.ceil(windowMs[window] / stepMs);
  return { fromMs: newestMs - (count - 1) * stepMs, toMs: nowMs, stepMs };
}

/** When each bucket of a range begins. */
export function bucketsOf({ fromMs, toMs, stepMs }: Range): number[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, i) => fromMs + i * stepMs);
}
