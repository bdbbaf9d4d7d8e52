/**
 * The results of all checks in PostgreSQL: an append-only log, a row a result, which is also what history is read from; rollups, into
 * which results are counted now and then; and in memory, of what is not counted yet, as much as counting needs. One process at a time
 * appends, the one that leads; another takes over what it left by reading the log from the mark on.
 */
import type { Clock } from "#kernel/clock";
import { failpoint } from "#kernel/failpoint";
import type { SlotRange } from "#ports/missed_slots";
import { addRows, tierMs, wholeBuckets, withMissed, type Bucket, type RollupRange } from "#ports/result_buckets";
import { resultOf } from "#ports/result_row";
import { resultStatuses, type CheckTail, type ResultRetention, type ResultStore, type StoredResult } from "#ports/results";
import type { PostgresStore } from "./connection.ts";
import { createCounting } from "./result_counting.ts";
import { createResultDays, dayMs } from "./result_days.ts";
import { readAfter, readCounted, readHistory, readMissed, readTails, type NewRow } from "./result_log.ts";
import { createSeriesRegister, type Series } from "./result_series.ts";
import { createResultUpkeep } from "./result_upkeep.ts";
import { createResultWriter } from "./result_writer.ts";
import { readStored } from "./rollups.ts";
import { readRunCounts } from "./run_counts.ts";

export interface ResultStoreOptions {
  store: PostgresStore;
  clock: Clock;
  retention: ResultRetention;
  /** How long results that are up wait for others to share their commit. */
  groupMs: number;
  /** So many results are counted at once; with many series only when there are some of each, since each writes its buckets. */
  countRows?: number;
}

interface Marks {
  counted: number;
  relayed: number;
}

// What was handled since is handled again after a crash, which changes nothing.
const relayEveryMs = 2_000;
const countEveryMs = 600_000;
const rowsPerSeries = 10;
/** 24 bytes of memory each, and whoever takes over reads them first: a second or two. */
const mostOpenRows = 1_000_000;
const tailLength = 60;
/** Of all series together: of many each has a shorter tail, and the rest of it is read when somebody looks. */
const mostTailRows = 40_000;

export function createPostgresResultStore({ store, clock, retention, groupMs, countRows = 100_000 }: ResultStoreOptions): ResultStore {
  const register = createSeriesRegister();
  const days = createResultDays(store);
  const writer = createResultWriter({ store, register, days, groupMs });
  const counting = createCounting(store, register);
  const upkeep = createResultUpkeep({ store, days, retention, startedMs: clock.now() });
  let countedTo = 0;
  let countingTo = 0;
  let step: Promise<void> | undefined;
  let countedAtMs = clock.now();
  let relayedTo = 0;
  let relayChanged = false;
  let relaySavedMs = clock.now();

  const saveRelay = async (): Promise<void> => {
    relayChanged = false;
    failpoint("before_relay_mark");
    try {
      await store.write((tx) => tx.run("UPDATE result_marks SET relayed = greatest(relayed, $1)", [relayedTo]));
    } catch (error) {
      relayChanged = true;
      throw error;
    }
  };

  const tailsOf = async (): Promise<CheckTail[]> => {
    const limit = Math.max(1, Math.min(tailLength, Math.floor(mostTailRows / Math.max(1, register.size))));
    const tails = await readTails(store, limit);
    return register.all().map((series) => ({
      tenantId: series.tenantId,
      checkId: series.id,
      lastSlotMs: series.lastSlotMs,
      recent: (tails.get(series.no) ?? []).map((row) => viewOf(row, series)),
    }));
  };

  /** A minute is stored whole or not at all, and then it is made of the results themselves. */
  const minutesOf = async (series: Series, range: RollupRange): Promise<Map<number, Bucket>> => {
    const open = series.open.snapshot();
    const stored = await readStored(store, series.no, range);
    const isStored = (slotMs: number) => stored.has(Math.floor(slotMs / tierMs.minute) * tierMs.minute);
    const between = spansBetween(stored, wholeBuckets(range));
    const rows = open.through(Number.POSITIVE_INFINITY).filter(({ slot }) => isStored(slot));
    const buckets = addRows(stored, range, rows);
    return between.length === 0 ? buckets : addRows(buckets, range, inLogOrder(await readCounted(store, series.no, between)));
  };

  const bucketsOf = async (series: Series, range: RollupRange): Promise<Map<number, Bucket>> => {
    if (range.tier === "minute") return minutesOf(series, range);
    // From before the stored part is read: what is counted meanwhile is in one of the two, and the buckets know what is in both.
    const open = series.open.snapshot();
    return addRows(await readStored(store, series.no, range), range, open.through(Number.POSITIVE_INFINITY));
  };

  const count = async (nowMs: number): Promise<void> => {
    if (!counting.isUnderWay()) {
      const rows = register.uncounted;
      const enough = Math.max(countRows, Math.min(rowsPerSeries * register.size, mostOpenRows));
      if (rows === 0 || (rows < enough && nowMs - countedAtMs < countEveryMs)) return;
      countedAtMs = nowMs;
      countingTo = writer.newest;
      counting.begin(countingTo);
    }
    await counting.step();
    if (!counting.isUnderWay()) countedTo = countingTo;
  };

  const maintain = async (nowMs: number): Promise<void> => {
    if (relayChanged && nowMs - relaySavedMs >= relayEveryMs) {
      relaySavedMs = nowMs;
      await saveRelay();
    }
    await count(nowMs);
    // What is not counted or not told may only be here.
    if (!counting.isUnderWay()) await upkeep.step(nowMs, Math.min(countedTo, relayedTo));
  };

  return {
    append: (results, missed) => writer.append(results, missed),
    async open() {
      await days.open();
      await days.ensure([clock.now(), clock.now() + dayMs]);
      const marks = (await store.get<Marks>("SELECT counted, relayed FROM result_marks"))!;
      countedTo = marks.counted;
      relayedTo = marks.relayed;
      await writer.begin(countedTo);
      return tailsOf();
    },
    async after(from, limit) {
      const found: StoredResult[] = [];
      const through = writer.newest;
      // On beyond series that are gone: an answer without results says that there are no more.
      for (let after = from; found.length < limit; ) {
        const rows = await readAfter(store, { after, through }, limit);
        if (rows.length === 0) break;
        after = rows.at(-1)!.sequence;
        for (const row of rows) {
          const series = register.byNo(row.checkNo);
          if (series && found.length < limit) found.push(viewOf(row, series));
        }
      }
      return found;
    },
    relayed: () => relayedTo,
    markRelayed(to) {
      if (to <= relayedTo) return;
      relayedTo = to;
      relayChanged = true;
    },
    async history({ tenantId, checkId, status, ...query }) {
      const series = register.owned(tenantId, checkId);
      if (!series) return [];
      const rows = await readHistory(store, series.no, { ...query, status: status && resultStatuses.indexOf(status) });
      return rows.map((row) => viewOf(row, series));
    },
    async missed(tenantId, checkId, fromMs, toMs) {
      const series = register.owned(tenantId, checkId);
      return series ? ((await readMissed(store, [series], { fromMs, toMs })).get(series.no) ?? []) : [];
    },
    async rollups(tenantId, checkId, tier, fromMs, toMs) {
      const series = register.owned(tenantId, checkId);
      if (!series) return [];
      const range = { tier, fromMs, toMs };
      const missed = await readMissed(store, [series], range);
      return withMissed(await bucketsOf(series, range), missed.get(series.no) ?? [], range);
    },
    runCounts({ tenantId, checkIds, ...range }) {
      return readRunCounts(store, clock, { series: checkIds.flatMap((checkId) => register.owned(tenantId, checkId) ?? []), range });
    },
    // One step at a time, whoever asks.
    maintain: (nowMs) => (step ??= maintain(nowMs).finally(() => (step = undefined))),
    forget: (tenantId, checkId) => writer.forget(tenantId, checkId),
    async flush() {
      if (relayChanged) await saveRelay();
    },
  };
}

function viewOf(row: NewRow, series: Series): StoredResult {
  return resultOf(row, series, row.detail);
}

function inLogOrder<T extends { sequence: number }>(rows: T[]): T[] {
  return rows.sort((a, b) => a.sequence - b.sequence);
}

/** The spans of minutes that are not stored. */
function spansBetween(stored: ReadonlyMap<number, Bucket>, { fromMs, beforeMs }: SlotRange): SlotRange[] {
  const spans: SlotRange[] = [];
  let beginMs = fromMs;
  for (const minute of [...stored.keys(), beforeMs].sort((a, b) => a - b)) {
    if (minute > beginMs) spans.push({ fromMs: beginMs, beforeMs: minute });
    beginMs = minute + tierMs.minute;
  }
  return spans;
}
