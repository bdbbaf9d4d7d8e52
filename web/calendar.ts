/** A year of days in weeks, as its heat map shows them. Days are those of UTC, as the counts are. */
import type { UptimeBucket } from "./types.ts";

const dayMs = 86_400_000;

/** What a day is drawn as; each has a sign of its own beside its colour. */
export type DayTone = "none" | "maintenance" | "up" | "flaw" | "bad" | "worst";

export interface Day {
  /** Start of the day, ms. */
  atMs: number;
  bucket: UptimeBucket;
  tone: DayTone;
}

export interface Week {
  days: (Day | undefined)[];
  /** The month that begins in this week, and has enough room for its name. */
  month: number | undefined;
}

const levels = { flaw: 0.999, bad: 0.95 };

export function toneOf({ ratio, maintenance }: Pick<UptimeBucket, "ratio" | "maintenance">): DayTone {
  if (ratio === null) return maintenance > 0 ? "maintenance" : "none";
  if (ratio >= 1) return "up";
  if (ratio >= levels.flaw) return "flaw";
  return ratio >= levels.bad ? "bad" : "worst";
}

/** Weeks from Monday to Sunday, oldest first; the first and the last may be short. */
export function weeksOf(buckets: readonly UptimeBucket[]): Week[] {
  const weeks: Week[] = [];
  let lastLabel = -3;
  for (const bucket of buckets) {
    const atMs = Date.parse(bucket.from);
    const weekday = weekdayOf(atMs);
    if (weeks.length === 0 || weekday === 0) weeks.push({ days: Array.from({ length: 7 }, () => undefined), month: undefined });
    const week = weeks.at(-1)!;
    week.days[weekday] = { atMs, bucket, tone: toneOf(bucket) };
    const date = new Date(atMs);
    // Two names next to each other would run into one.
    if ((date.getUTCDate() === 1 || weeks.length === 1) && week.month === undefined && weeks.length - lastLabel > 2) {
      week.month = date.getUTCMonth();
      lastLabel = weeks.length;
    }
  }
  return weeks;
}

/** 0 is Monday. */
export function weekdayOf(atMs: number): number {
  return (new Date(atMs).getUTCDay() + 6) % 7;
}

/** Where a key leads from a day; undefined for any other key. Days are counted from the oldest. */
export function keyTo(key: string, from: number, { count, atMs }: { count: number; atMs: number }): number | undefined {
  const weekday = weekdayOf(atMs);
  const steps: Record<string, number> = { ArrowUp: from - 1, ArrowDown: from + 1, ArrowLeft: from - 7, ArrowRight: from + 7, PageUp: from - 28, PageDown: from + 28, Home: from - weekday, End: from + 6 - weekday };
  const to = steps[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** Those that lasted on a day, whenever they began. */
export function touching<T extends { fromMs: number; toMs: number }>(spans: readonly T[], atMs: number): T[] {
  return spans.filter(({ fromMs, toMs }) => fromMs < atMs + dayMs && toMs > atMs);
}
