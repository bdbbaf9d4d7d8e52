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

/** As many buckets of `stepMs` as the window is long; the newest is the one that has begun. */
export function rangeOf(window: Window, stepMs: number, nowMs: number): Range {
  const newestMs = Math.floor(nowMs / stepMs) * stepMs;
  const count = Math.ceil(windowMs[window] / stepMs);
  return { fromMs: newestMs - (count - 1) * stepMs, toMs: nowMs, stepMs };
}

/** The shortest step in whole buckets of a tier that covers a span with at most `points` of them. */
export function stepFor({ firstMs, lastMs, tier, points }: { firstMs: number; lastMs: number; tier: Tier; points: number }): number {
  const buckets = Math.floor(lastMs / tierMs[tier]) - Math.floor(firstMs / tierMs[tier]) + 1;
  // Longer steps lie on a grid of their own, so the span may reach into one more of them.
  return (buckets <= points ? 1 : Math.ceil(buckets / (points - 1))) * tierMs[tier];
}
