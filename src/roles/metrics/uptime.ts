/**
 * Uptime from counted runs: up / (up + down), where degraded is up. What was not observed counts for neither side, maintenance is not
 * even due, and no data is never 100 %: the ratio is then absent. The coverage says how much of what was due was seen at all.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Rollup, RunCounts } from "#contracts/uptimeping/core/v1/core_pb";
import type { UptimeBarsSchema, UptimeSchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { bucketsOf, type Range } from "./window.ts";

const outcomes = ["up", "degraded", "down", "unknown", "missed", "maintenance"] as const;

type Counts = Record<(typeof outcomes)[number], number>;
/** One number for each bucket of a range. */
export type Columns = Record<(typeof outcomes)[number], number[]>;

export interface UptimeOf {
  checkId: string;
  window: string;
  range: Range;
  columns: Columns;
  corrections: number;
}

export function columnsOfRollups(rollups: readonly Rollup[], range: Range): Columns {
  const buckets = bucketsOf(range).length;
  const zeros = () => Array.from({ length: buckets }, () => 0);
  const columns: Columns = { up: zeros(), degraded: zeros(), down: zeros(), unknown: zeros(), missed: zeros(), maintenance: zeros() };
  for (const rollup of rollups) {
    const bucket = Math.floor((rollup.bucketMs - range.fromMs) / range.stepMs);
    if (bucket < 0 || bucket >= buckets) continue;
    for (const outcome of ["up", "degraded", "down", "unknown", "missed"] as const) columns[outcome][bucket]! += rollup[outcome];
  }
  return columns;
}

export function columnsOfRuns({ up, degraded, down, unknown, missed }: RunCounts): Columns {
  return { up, degraded, down, unknown, missed, maintenance: up.map(() => 0) };
}

/** Of one check. */
export function uptimeOf(of: UptimeOf): MessageInitShape<typeof UptimeSchema> {
  const { range, columns } = of;
  const buckets = bucketsOf(range).map((fromMs, i) => {
    const { up, degraded, down, unknown, missed, maintenance } = countsAt(columns, i);
    return { fromMs, up: up + degraded, down, unknown, missed, maintenance, ...given("ratio", ratioOf({ up, degraded, down })) };
  });
  return { ...totalOf(of), buckets };
}

/** Of one check among many: the counts of each bucket in columns. */
export function uptimeBarsOf(of: UptimeOf): MessageInitShape<typeof UptimeBarsSchema> {
  const { up, degraded, down, unknown, missed, maintenance } = of.columns;
  return { total: totalOf(of), up: up.map((count, i) => count + degraded[i]!), down, unknown, missed, maintenance };
}

function totalOf({ checkId, window, range: { fromMs, toMs }, columns, corrections }: UptimeOf) {
  const total = Object.fromEntries(outcomes.map((outcome) => [outcome, sumOf(columns[outcome])])) as Counts;
  return { checkId, window, fromMs, toMs, ...total, corrections, ...given("ratio", ratioOf(total)), ...given("coverage", coverageOf(total)) };
}

function countsAt(columns: Columns, bucket: number): Counts {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, columns[outcome][bucket]!])) as Counts;
}

/** A degraded check is up: it answered. */
function ratioOf({ up, degraded, down }: Pick<Counts, "up" | "degraded" | "down">): number | undefined {
  const observed = up + degraded + down;
  return observed === 0 ? undefined : (up + degraded) / observed;
}

function coverageOf({ up, degraded, down, unknown, missed }: Counts): number | undefined {
  const observed = up + degraded + down;
  const due = observed + unknown + missed;
  return due === 0 ? undefined : observed / due;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function given<K extends string>(name: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, number>);
}
