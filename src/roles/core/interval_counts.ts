/**
 * How many runs of some checks were what, between two instants. Whole hours come from the rollups of all checks at once; only what is
 * left at the two ends is looked at closer, minute by minute, and of a minute that is cut the results themselves: at most an hour at
 * each end, however long the interval.
 *
 * There are two cases in which an end is not exact but the share of its hour: when the minutes are past their retention, and when so
 * many ends are asked for at once that reading them would keep others waiting: the answer says so then.
 */
import type { CountIntervalsRequest, Interval } from "#contracts/uptimeping/core/v1/core_pb";
import { AppError } from "#kernel/errors";
import type { ResultStore } from "#ports/results";

type Store = Pick<ResultStore, "runCounts" | "rollups" | "history" | "missed">;
/** In the order of `outcomes`. */
type Counts = number[];

const hourMs = 3_600_000;
const minuteMs = 60_000;
const outcomes = ["up", "degraded", "down", "unknown", "missed"] as const;
const mostIntervals = 5_000;
/** Each of them costs a third of a millisecond. */
const mostExactEnds = 600;
/** A check runs at most once a second; by hand it may run too. */
const mostInMinute = 200;

interface Piece {
  fromMs: number;
  toMs: number;
}

export interface IntervalSources {
  store: Store;
  tenantId: string;
  /** The series of a check whose runs count. */
  seriesOf(checkId: string): readonly string[];
  breathe(): Promise<void> | undefined;
}

/** Given to `countOne` and what it calls. */
interface Counting extends IntervalSources {
  /** How many ends may still be read; below 0 some were not. */
  ends: number;
}

/** Others have their turn in between, however much is asked. */
export async function countIntervals(sources: IntervalSources, { intervals }: Pick<CountIntervalsRequest, "intervals">) {
  if (intervals.length > mostIntervals) throw new AppError("invalid_argument", `${intervals.length} intervals are too many at once: at most ${mostIntervals}`);
  const counting: Counting = { ...sources, ends: mostExactEnds };
  const items = [];
  for (const interval of intervals) {
    const series = interval.checkIds.map((id) => sources.seriesOf(id));
    const perSeries = await countOne(counting, { checkIds: series.flat(), fromMs: interval.fromMs, toMs: interval.toMs });
    const column = (outcome: number) => series.map((of) => of.reduce((sum, id) => sum + (perSeries.get(id)?.[outcome] ?? 0), 0));
    items.push({ up: column(0), degraded: column(1), down: column(2), unknown: column(3), missed: column(4), isEstimate: counting.ends < 0 });
  }
  return { items };
}

async function countOne(counting: Counting, { checkIds, fromMs, toMs }: Pick<Interval, "checkIds" | "fromMs" | "toMs">): Promise<Map<string, Counts>> {
  const found = new Map<string, Counts>();
  if (!(toMs > fromMs)) return found;
  const firstMs = Math.floor(fromMs / hourMs) * hourMs;
  for (const run of await counting.store.runCounts({ tenantId: counting.tenantId, checkIds, tier: "hour", fromMs: firstMs, toMs })) {
    await counting.breathe();
    const total: Counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < run.up.length; i++) {
      const hour = firstMs + i * hourMs;
      const piece = { fromMs: Math.max(fromMs, hour), toMs: Math.min(toMs, hour + hourMs) };
      const whole = outcomes.map((outcome) => run[outcome][i]!);
      const isEmpty = whole.every((count) => count === 0);
      add(total, isEmpty || isWhole(piece) ? whole : await endOf(counting, run.checkId, whole, piece));
    }
    found.set(run.checkId, total);
  }
  return found;
}

function isWhole({ fromMs, toMs }: Piece): boolean {
  return toMs - fromMs === hourMs;
}

async function endOf(counting: Counting, checkId: string, whole: Counts, piece: Piece): Promise<Counts> {
  const isRead = --counting.ends >= 0;
  return (isRead && (await readEnd(counting, checkId, whole, piece))) || shareOf(whole, piece);
}

function shareOf(whole: Counts, { fromMs, toMs }: Piece): Counts {
  return whole.map((count) => Math.round((count * (toMs - fromMs)) / hourMs));
}

/** Undefined when the minutes of the hour are gone. */
async function readEnd({ store, tenantId }: Counting, checkId: string, whole: Counts, piece: Piece): Promise<Counts | undefined> {
  const hour = Math.floor(piece.fromMs / hourMs) * hourMs;
  const minutes = await store.rollups(tenantId, checkId, "minute", hour, hour + hourMs);
  const counted: Counts = [0, 0, 0, 0, 0];
  for (const minute of minutes) add(counted, outcomes.map((outcome) => minute[outcome]));
  if (counted.some((count, i) => i < 4 && count !== whole[i])) return undefined;

  const total: Counts = [0, 0, 0, 0, 0];
  for (const minute of minutes) {
    const cut = { fromMs: Math.max(piece.fromMs, minute.bucketMs), toMs: Math.min(piece.toMs, minute.bucketMs + minuteMs) };
    if (cut.toMs <= cut.fromMs) continue;
    const isCut = cut.toMs - cut.fromMs < minuteMs;
    add(total, isCut ? await resultsIn(store, tenantId, checkId, cut) : [minute.up, minute.degraded, minute.down, minute.unknown, 0]);
  }
  total[4] = await missedIn(store, tenantId, checkId, piece);
  return total;
}

async function resultsIn(store: Store, tenantId: string, checkId: string, { fromMs, toMs }: Piece): Promise<Counts> {
  const counts: Counts = [0, 0, 0, 0, 0];
  const results = await store.history({ tenantId, checkId, limit: mostInMinute, fromMs, beforeMs: toMs, status: undefined });
  for (const { status } of results) counts[outcomes.indexOf(status)]!++;
  return counts;
}

/** Slots that did not run are kept as ranges in which they lie evenly. */
async function missedIn(store: Store, tenantId: string, checkId: string, { fromMs, toMs }: Piece): Promise<number> {
  let missed = 0;
  for (const { firstSlotMs, lastSlotMs, count } of await store.missed(tenantId, checkId, fromMs, toMs)) {
    const apartMs = count > 1 ? (lastSlotMs - firstSlotMs) / (count - 1) : 0;
    const before = (ms: number) => (ms <= firstSlotMs ? 0 : ms > lastSlotMs ? count : Math.ceil((ms - firstSlotMs) / apartMs));
    missed += before(toMs) - before(fromMs);
  }
  return missed;
}

function add(total: Counts, counts: Counts): void {
  for (let i = 0; i < total.length; i++) total[i]! += counts[i]!;
}
