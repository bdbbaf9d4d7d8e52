/**
 * What really happens to a small platform over days or months: outages of sites, everywhere or seen from one location only, outages of
 * many sites together, our own network going away, maintenance, a wall clock that is set, and runs that lie. All from one seed.
 * Times are true milliseconds from the beginning; only `wallAt` knows what a clock on the wall would say.
 */
import { detectionBound } from "#ports/detection_bound";

export interface Span {
  fromMs: number;
  toMs: number;
}

export interface Outage extends Span {
  /** The locations that see it; none means all. */
  from: string[];
  kind: string;
}

export interface TrueCheck {
  id: string;
  everyMs: number;
  phaseMs: number;
  timeoutMs: number;
  failureThreshold: number;
  recoveryThreshold: number;
  locations: string[];
  host: string;
  dependsOn: string[];
  outages: Outage[];
  maintenance: Span[];
  /** The same on the wall, where people plan, and where a clock that is set back repeats an hour. */
  windows: Span[];
}

export interface Truth {
  checks: TrueCheck[];
  /** Our own network is gone; `noticedMs` later runs are no longer observed. */
  ownOutages: (Span & { noticedMs: number })[];
  /** Many checks fell together and it was not our fault. */
  massOutages: Span[];
  deadLocations: (Span & { location: string })[];
  clockSteps: { atMs: number; byMs: number }[];
  endMs: number;
}

export type Random = () => number;

/** Mulberry32: small, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);

export function truthOf(seed: number, { checks: count, hours }: { checks: number; hours: number }): Truth {
  const random = createRandom(seed);
  const endMs = hours * hourMs;
  const checks = Array.from({ length: count }, (_, i) => checkOf(i, random, endMs));
  const ownOutages = spans(random, { everyMs: 8 * hourMs, endMs }).map((span) => ({ ...span, noticedMs: random() * 90 * secondMs }));
  const massOutages = spans(random, { everyMs: 8 * hourMs, endMs });
  for (const { fromMs, toMs } of massOutages) {
    for (const check of checks) if (random() < 0.7) check.outages.push({ fromMs: fromMs + random() * 10 * secondMs, toMs, from: [], kind: "connect_timeout" });
  }
  for (const check of checks) {
    // A child falls with its parent.
    const inherited = checks.filter((parent) => check.dependsOn.includes(parent.id)).flatMap((parent) => parent.outages);
    check.outages = joined([...check.outages, ...inherited]);
  }
  const clockSteps = spans(random, { everyMs: 10 * hourMs, endMs }).map(({ fromMs }) => ({ atMs: fromMs, byMs: Math.round((random() - 0.6) * 4 * hourMs) }));
  const deadLocations = spans(random, { everyMs: 30 * hourMs, endMs }).map((span) => ({ ...span, toMs: span.fromMs + 3 * hourMs, location: "us" }));
  const truth = { checks, ownOutages, massOutages, deadLocations, clockSteps, endMs };
  for (const check of checks) check.windows = check.maintenance.map(({ fromMs, toMs }) => ({ fromMs: wallAt(truth, fromMs), toMs: wallAt(truth, toMs) }));
  return truth;
}

function checkOf(i: number, random: Random, endMs: number): TrueCheck {
  const everyMs = pick(random, [20, 30, 60]) * secondMs;
  const locations = i % 5 === 4 ? ["default", "us", "asia"] : ["default"];
  const outages = spans(random, { everyMs: 9 * hourMs, endMs }).map((span) => ({ ...span, from: [], kind: pick(random, ["http_status", "connect_refused", "dns_not_found"]) }));
  const regional = locations.length === 1 ? [] : spans(random, { everyMs: 8 * hourMs, endMs }).map((span) => ({ ...span, from: pick(random, [["default"], ["asia"], ["default", "asia"]]), kind: "connect_timeout" }));
  const maintenance = spans(random, { everyMs: 30 * hourMs, endMs });
  // What a window is for.
  const planned = maintenance.map(({ fromMs, toMs }) => ({ fromMs: fromMs + 1, toMs, from: [], kind: "connect_refused" }));
  return {
    id: `chk_${i}`,
    everyMs,
    phaseMs: Math.floor(random() * everyMs),
    timeoutMs: 5 * secondMs,
    failureThreshold: pick(random, [2, 2, 3]),
    recoveryThreshold: pick(random, [1, 2, 3]),
    locations,
    host: `site-${i}.example${i % 7}.com`,
    dependsOn: i % 6 === 5 ? [`chk_${i - 5}`] : [],
    outages: [...outages, ...regional, ...planned],
    maintenance,
    windows: [],
  };
}

/** About one each `everyMs`; some shorter than a run, some of hours. */
function spans(random: Random, { everyMs, endMs }: { everyMs: number; endMs: number }): Span[] {
  const found: Span[] = [];
  const lengths = [10 * secondMs, 2 * minuteMs, 10 * minuteMs, 2 * hourMs];
  for (let atMs = -Math.log(1 - random()) * everyMs; atMs < endMs; ) {
    const toMs = atMs + random() * pick(random, lengths);
    found.push({ fromMs: atMs, toMs });
    atMs = toMs + 15 * minuteMs - Math.log(1 - random()) * everyMs;
  }
  return found;
}

/** Outages that touch, or are closer together than a few runs, are one to those who wait for it to end. */
function joined(outages: Outage[]): Outage[] {
  const sorted = outages.toSorted((a, b) => a.fromMs - b.fromMs);
  const all: Outage[] = [];
  for (const next of sorted) {
    const same = all.findLast((each) => each.from.join() === next.from.join());
    if (same && next.fromMs <= same.toMs) same.toMs = Math.max(same.toMs, next.toMs);
    else all.push({ ...next });
  }
  return all;
}

export function outageAt(check: TrueCheck, location: string, atMs: number): Outage | undefined {
  return near(check.outages, atMs).find((each) => (each.from.length === 0 || each.from.includes(location)) && isIn(each, atMs));
}

const byHour = new WeakMap<readonly Span[], Map<number, Span[]>>();
const none: never[] = [];

/** Those that touch the hour. Each run of months asks, and nearly always there is none. */
export function near<T extends Span>(spans: readonly T[], atMs: number): readonly T[] {
  let hours = byHour.get(spans) as Map<number, T[]> | undefined;
  if (!hours) {
    hours = new Map();
    for (const span of spans) {
      for (let hour = Math.floor(span.fromMs / hourMs); hour <= span.toMs / hourMs; hour++) hours.set(hour, [...(hours.get(hour) ?? []), span]);
    }
    byHour.set(spans, hours);
  }
  return hours.get(Math.floor(atMs / hourMs)) ?? none;
}

export function isInWindow(check: TrueCheck, wallMs: number): boolean {
  return near(check.windows, wallMs).some((window) => isIn(window, wallMs));
}

export function isIn({ fromMs, toMs }: Span, atMs: number): boolean {
  return atMs >= fromMs && atMs < toMs;
}

export function overlaps(a: Span, b: Span): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

export function wallAt({ clockSteps }: Truth, atMs: number): number {
  let wallMs = startMs + atMs;
  for (const step of clockSteps) {
    if (step.atMs > atMs) break;
    wallMs += step.byMs;
  }
  return wallMs;
}

export function boundOf(check: TrueCheck) {
  return detectionBound({ ...check, retries: 0, retryDelayMs: 0, quorum: "majority" }, { everyMs: check.everyMs, locations: check.locations.length });
}

function pick<T>(random: Random, values: T[]): T {
  return values[Math.floor(random() * values.length)]!;
}
