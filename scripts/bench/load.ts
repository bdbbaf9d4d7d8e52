/**
 * The product under load, over a stretch of time: from outside what Linux counts of it, afterwards from its store what came of
 * every slot. Nothing is asked of it meanwhile, since whatever answers takes the main thread that is to be measured.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { MissedSlots } from "#ports/results";
import { percentile } from "./figures.ts";
import type { Product } from "./product.ts";
import type { Figure } from "./report.ts";
import { readResults, type Span } from "./store.ts";
import { usageOf, type Usage } from "./usage.ts";

export interface Stretch extends Span {
  seconds: number;
  before: Usage;
  after: Usage;
}

export async function watch({ pid }: Product, seconds: number): Promise<Stretch> {
  const fromMs = Date.now();
  const before = usageOf(pid);
  const started = performance.now();
  await Bun.sleep(seconds * 1_000);
  const took = (performance.now() - started) / 1_000;
  return { fromMs, toMs: Date.now(), seconds: took, before, after: usageOf(pid) };
}

/** What the store tells of a stretch. */
export interface Outcome {
  results: number;
  /** Of them, with another status than up. */
  notUp: number;
  missed: number;
  lagMs: number[];
  /** From the request sent to the answer's first byte. */
  firstByteMs: number[];
  latencyMs: number[];
}

/** One outcome for each of the stretches; `wanted` picks checks. */
export async function outcomesOf(dataDir: string, stretches: Span[], wanted: (check: Check) => boolean = () => true): Promise<Outcome[]> {
  const outcomes = stretches.map((): Outcome => ({ results: 0, notUp: 0, missed: 0, lagMs: [], firstByteMs: [], latencyMs: [] }));
  const whole = { fromMs: Math.min(...stretches.map(({ fromMs }) => fromMs)) - 60_000, toMs: Math.max(...stretches.map(({ toMs }) => toMs)) };
  await readResults(dataDir, whole, (check, results, missed) => {
    if (!wanted(check)) return;
    for (const [i, stretch] of stretches.entries()) {
      const outcome = outcomes[i]!;
      for (const result of results) {
        const endedAt = result.startedAtMs + result.latencyMs;
        if (endedAt < stretch.fromMs || endedAt >= stretch.toMs) continue;
        outcome.results++;
        if (result.status !== "up") outcome.notUp++;
        outcome.lagMs.push(result.lagMs);
        outcome.firstByteMs.push(result.firstByteMs);
        outcome.latencyMs.push(result.latencyMs);
      }
      for (const gap of missed) outcome.missed += slotsWithin(gap, stretch);
    }
  });
  return outcomes;
}

/** Missed slots lie evenly between the ends of their range. */
function slotsWithin({ firstSlotMs, lastSlotMs, count }: MissedSlots, { fromMs, toMs }: Span): number {
  const step = count > 1 ? (lastSlotMs - firstSlotMs) / (count - 1) : 1;
  const first = Math.max(0, Math.ceil((fromMs - firstSlotMs) / step));
  const last = Math.min(count - 1, Math.ceil((toMs - firstSlotMs) / step) - 1);
  return Math.max(0, last - first + 1);
}

export function cpuPerCheckUs({ before, after }: Stretch, { results }: Outcome): number {
  return (1e6 * (after.cpuSeconds - before.cpuSeconds)) / results;
}

/** CPU of each thread, those that took the most first; the ones below a microsecond are left out. */
export function threadFigures({ before, after }: Stretch, { results }: Outcome): Figure[] {
  return [...after.threads]
    .map(([name, seconds]) => ({ name: `CPU per check, thread ${name}`, value: (1e6 * (seconds - (before.threads.get(name) ?? 0))) / results, unit: "µs" }))
    .filter(({ value }) => value >= 1)
    .sort((a, b) => b.value - a.value);
}

export function lagFigures(what: string, { lagMs }: Outcome, p99AtMostMs: number): Figure[] {
  return [
    { name: `schedule lag p50, ${what}`, value: percentile(lagMs, 0.5), unit: "ms" },
    { name: `schedule lag p99, ${what}`, value: percentile(lagMs, 0.99), unit: "ms", goal: { atMost: p99AtMostMs } },
  ];
}

export function missedFigure(what: string, { missed }: Outcome): Figure {
  return { name: `missed slots, ${what}`, value: missed, unit: "", digits: 0, goal: { atMost: 0 } };
}

export function notUpFigure(what: string, { notUp }: Outcome): Figure {
  return { name: `results that are not up, ${what}`, value: notUp, unit: "", digits: 0, goal: { atMost: 0 } };
}
