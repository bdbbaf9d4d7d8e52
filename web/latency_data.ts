/** What the chart of latencies draws: columns by time, stacked phases, ranges to look at. Everything that needs no browser. */
import { phaseNames } from "./chart.ts";
import type { Latency, LatencyPoint } from "./latency_types.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** As the server knows them. */
export const windowMs = { "1h": hourMs, "6h": 6 * hourMs, "24h": dayMs, "7d": 7 * dayMs, "30d": 30 * dayMs, "90d": 90 * dayMs, "365d": 365 * dayMs } as const;
export type LatencyWindow = keyof typeof windowMs;
export const latencyWindows = Object.keys(windowMs) as LatencyWindow[];

/** A window that ends now and moves on with it, or two instants. */
export type Range = { window: LatencyWindow } | { fromMs: number; toMs: number };

export interface Instants {
  fromMs: number;
  toMs: number;
}

/** The finest there is are minutes: less than this is a dot. */
const shortestMs = 5 * minuteMs;
const longestMs = windowMs["365d"];

export const quantileNames = ["p50", "p95", "p99"] as const;
export type QuantileName = (typeof quantileNames)[number];
export type PhaseKey = (typeof phaseNames)[number][0];

export interface Columns {
  /** Seconds since 1970, as the drawing wants them. */
  x: number[];
  quantiles: Record<QuantileName, (number | null)[]>;
  /** Each with those below it, so that the last is the whole; empty without any. */
  phases: { key: PhaseKey; name: string; top: (number | null)[] }[];
  /** Of each column the point that it draws; undefined in a gap. */
  points: (LatencyPoint | undefined)[];
}

export function columnsOf({ points, stepMs }: Pick<Latency, "points" | "stepMs">): Columns {
  const columns: Columns = { x: [], quantiles: { p50: [], p95: [], p99: [] }, phases: stackOf(points), points: [] };
  const add = (atMs: number, point: LatencyPoint | undefined) => {
    columns.x.push(atMs / 1000);
    columns.points.push(point);
    for (const name of quantileNames) columns.quantiles[name].push(point?.[`${name}Ms`] ?? null);
    let top = 0;
    for (const phase of columns.phases) phase.top.push(point?.phases ? (top += point.phases[phase.key]) : null);
  };
  for (const [index, point] of points.entries()) {
    const atMs = Date.parse(point.at);
    const beforeMs = index > 0 ? Date.parse(points[index - 1]!.at) : atMs;
    // No line leads over a time of which nothing is known; a step that is a little late is no such time.
    if (atMs - beforeMs > 2.5 * stepMs) add(beforeMs + stepMs, undefined);
    add(atMs, point);
  }
  return columns;
}

/** A check without TLS has no such phase, and no entry in the legend. */
function stackOf(points: readonly LatencyPoint[]): Columns["phases"] {
  return phaseNames.filter(([key]) => points.some(({ phases }) => (phases?.[key] ?? 0) > 0)).map(([key, name]) => ({ key, name, top: [] }));
}

/** The points that have something to tell, for whoever goes through them step by step. */
export function toldColumns({ points }: Columns): number[] {
  return points.flatMap((point, index) => (point ? [index] : []));
}

export function instantsOf(range: Range, nowMs: number): Instants {
  return "window" in range ? { fromMs: nowMs - windowMs[range.window], toMs: nowMs } : range;
}

/** What was drawn over, made long enough to show something, and not beyond now. */
export function zoomTo(aMs: number, bMs: number, nowMs: number): Range {
  const middle = (aMs + bMs) / 2;
  const half = Math.min(longestMs, Math.max(shortestMs, Math.abs(bMs - aMs))) / 2;
  const toMs = Math.min(nowMs, Math.round(middle + half));
  return { fromMs: Math.round(toMs - 2 * half), toMs };
}

/** Half as much around an instant, or twice as much; twice as much as a year is a year. */
export function zoomBy(range: Range, step: "in" | "out", around: { nowMs: number; atMs?: number | undefined }): Range {
  const { fromMs, toMs } = instantsOf(range, around.nowMs);
  const atMs = around.atMs ?? (fromMs + toMs) / 2;
  const factor = step === "in" ? 0.5 : 2;
  return zoomTo(atMs - (atMs - fromMs) * factor, atMs + (toMs - atMs) * factor, around.nowMs);
}

/** Half a screen earlier or later. */
export function shifted(range: Range, step: -1 | 1, nowMs: number): Range {
  const { fromMs, toMs } = instantsOf(range, nowMs);
  const by = Math.min(nowMs - toMs, (step * (toMs - fromMs)) / 2);
  return { fromMs: Math.round(fromMs + by), toMs: Math.round(toMs + by) };
}

export interface Mark extends Instants {
  kind: "incident" | "maintenance";
}

/** The parts of marks that can be seen; one that lasts ends with the picture. */
export function marksWithin<T extends Mark>(marks: readonly T[], { fromMs, toMs }: Instants): T[] {
  return marks.filter((mark) => mark.fromMs < toMs && mark.toMs > fromMs).map((mark) => ({ ...mark, fromMs: Math.max(fromMs, mark.fromMs), toMs: Math.min(toMs, mark.toMs) }));
}

/** What the address says, for a link that shows the same picture to somebody else. */
export function rangeIn(query: URLSearchParams): Range {
  const window = latencyWindows.find((one) => one === query.get("window"));
  if (window) return { window };
  const [fromMs, toMs] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  return fromMs < toMs ? { fromMs, toMs } : { window: "24h" };
}

export function rangeAsQuery(range: Range): Record<string, string> {
  if ("window" in range) return { window: range.window };
  return { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() };
}
