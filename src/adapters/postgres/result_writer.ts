/**
 * The one place that appends. What is asked for while a commit is under way goes together into the next one, at most `mostRows` results
 * a time; a failure waits for nobody, since somebody may have to be told of it.
 *
 * Whoever appends moves the mark `newest` on from the value that it knows, in the same transaction. When the mark is elsewhere, an
 * earlier append was committed whose answer was lost (or still is under way: then its lock on the row is waited for). What it stored
 * is read back, and the append goes on from there; the same results, asked for again, are found to be there and stored no second time.
 */
import { AppError } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import { manualFlag, rowOf } from "#ports/result_row";
import type { MissedSlots, StoredResult } from "#ports/results";
import type { PostgresStore, Transaction } from "./connection.ts";
import { insertMissed, insertRows, newestMissed, readUncounted, storedSequences, type NewRow } from "./result_log.ts";
import type { ResultDays } from "./result_days.ts";
import { insertSeries, newSeries, retireSeries, type Series, type SeriesRegister, type SeriesRow } from "./result_series.ts";

export interface ResultWriter {
  append(results: readonly StoredResult[], missed: readonly MissedSlots[]): Promise<void>;
  /** After what was asked for before, and before what is asked for later. */
  forget(tenantId: string, checkId: string): Promise<void>;
  /** Takes over what the database holds after a sequence; called first. */
  begin(after: number): Promise<void>;
  /** The newest sequence that is stored and taken into memory. */
  readonly newest: number;
}

export interface ResultWriterContext {
  store: PostgresStore;
  register: SeriesRegister;
  days: ResultDays;
  /** How long results that are up wait for others to share their commit. */
  groupMs: number;
}

interface Batch {
  results: readonly StoredResult[];
  missed: readonly MissedSlots[];
}

interface Asked {
  work: Batch | { forget: { tenantId: string; checkId: string } };
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** All that one commit stores. */
interface Group {
  rows: NewRow[];
  results: StoredResult[];
  gaps: { no: number; gap: MissedSlots }[];
  fresh: Map<string, Series>;
}

const mostRows = 5_000;
const readAtOnce = 20_000;
/** Somebody may have to be told of a failure. */
const isUrgent = (work: Asked["work"]): boolean => "forget" in work || work.results.length >= mostRows || work.results.some(({ status }) => status !== "up");

/** The mark was not where it should be. */
class Overtaken extends Error {}

export function createResultWriter({ store, register, days, groupMs }: ResultWriterContext): ResultWriter {
  let newest = 0;
  let waiting: Asked[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = false;
  let isWriting = false;

  const take = (row: { checkNo: number; manual: boolean } & Parameters<Series["open"]["push"]>[0]) => {
    const series = register.byNo(row.checkNo);
    if (!series) return;
    series.open.push(row);
    register.uncounted++;
    if (!row.manual) series.lastSlotMs = Math.max(series.lastSlotMs, row.slot);
  };

  const catchUp = async (): Promise<void> => {
    const { newest: end } = (await store.get<{ newest: number }>("SELECT newest FROM result_marks"))!;
    const known = register.nextNo;
    for (const row of await store.all<SeriesRow>("SELECT check_no, check_id, tenant_id, last_slot, counted_slot FROM check_series WHERE check_no >= $1", [known])) register.read(row);
    for (let isMore = true; isMore; ) {
      const rows = await readUncounted(store, { after: newest, through: end }, readAtOnce);
      rows.forEach(take);
      // Should the next page fail, this one is not taken again.
      newest = rows.at(-1)?.sequence ?? newest;
      isMore = rows.length === readAtOnce;
    }
    for (const { check_no: no, last_slot: slotMs } of await newestMissed(store)) {
      const series = register.byNo(no);
      if (series) series.lastSlotMs = Math.max(series.lastSlotMs, slotMs);
    }
    newest = end;
  };

  const groupOf = (batches: readonly Batch[]): Group => {
    const group: Group = { rows: [], results: [], gaps: [], fresh: new Map() };
    const seriesOf = ({ tenantId, checkId, checkNo = 0 }: { tenantId: string; checkId: string; checkNo?: number }): Series => {
      const numbered = register.byNo(checkNo);
      const known = numbered?.id === checkId ? numbered : (register.byId(checkId) ?? group.fresh.get(checkId));
      if (known) return known;
      const series = newSeries(register.nextNo + group.fresh.size, checkId, tenantId);
      group.fresh.set(checkId, series);
      return series;
    };
    for (const { results, missed } of batches) {
      for (const gap of missed) group.gaps.push({ no: seriesOf(gap).no, gap });
      for (const result of results) {
        result.checkNo = seriesOf(result).no;
        result.sequence = newest + group.results.push(result);
        group.rows.push({ ...rowOf(result), detail: result.detail });
      }
    }
    return group;
  };

  /** Gives the sequences under which the results stand. */
  const insert = async (tx: Transaction, { rows, gaps, fresh }: Group, mark: number): Promise<number[] | undefined> => {
    if ((await tx.run("UPDATE result_marks SET newest = $2 WHERE newest = $1", [newest, mark])) === 0) throw new Overtaken();
    await insertSeries(tx, [...fresh.values()]);
    await insertMissed(tx, gaps);
    const stored = rows.length === 0 ? 0 : await insertRows(tx, rows);
    failpoint("mid_results_commit");
    return stored === rows.length ? undefined : storedSequences(tx, rows);
  };

  const commit = async (batches: readonly Batch[]): Promise<void> => {
    const group = groupOf(batches);
    await days.ensure(group.rows.map(({ slot }) => slot));
    const mark = newest + Math.max(1, group.rows.length);
    const sequences = await store.write((tx) => insert(tx, group, mark));
    newest = mark;
    for (const series of group.fresh.values()) register.adopt(series);
    group.rows.forEach((row, i) => {
      const sequence = sequences?.[i] ?? row.sequence;
      // One that was there before is in memory already.
      if (sequence === row.sequence) take({ ...row, manual: (row.flags & manualFlag) !== 0 });
      else group.results[i]!.sequence = sequence;
    });
    for (const { no, gap } of group.gaps) {
      const series = register.byNo(no)!;
      series.lastSlotMs = Math.max(series.lastSlotMs, gap.lastSlotMs);
    }
  };

  const commitOrCatchUp = async (batches: readonly Batch[]): Promise<void> => {
    try {
      await commit(batches);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      await catchUp();
      await commit(batches).catch((again: unknown) => {
        throw again instanceof Overtaken ? new AppError("unavailable", "the results were not stored: somebody else stores results, too", { cause: again }) : again;
      });
    }
  };

  const forget = async ({ tenantId, checkId }: { tenantId: string; checkId: string }): Promise<void> => {
    const series = register.owned(tenantId, checkId);
    if (!series) return;
    await store.write((tx) => retireSeries(tx, series));
    register.forget(series);
  };

  /** What goes next: one that forgets, or appends up to the next of those. */
  const nextPortion = (): Asked[] => {
    let rows = 0;
    const end = waiting.findIndex(({ work }, i) => "forget" in work || (i > 0 && (rows += work.results.length) > mostRows));
    return waiting.splice(0, end < 0 ? waiting.length : Math.max(1, end));
  };

  const write = async (): Promise<void> => {
    timer = undefined;
    isDue = false;
    isWriting = true;
    const portion = nextPortion();
    const [first] = portion;
    try {
      if (first && "forget" in first.work) await forget(first.work.forget);
      else await commitOrCatchUp(portion.map(({ work }) => work as Batch));
      for (const { resolve } of portion) resolve();
    } catch (error) {
      for (const { reject } of portion) reject(error);
    }
    isWriting = false;
    if (waiting.length > 0) writeSoon(waiting.some(({ work }) => isUrgent(work)));
  };

  const writeSoon = (isNow: boolean) => {
    // At the end of this turn and not at once: what is asked for in it comes along.
    if (isNow && !isDue) {
      clearTimeout(timer);
      isDue = true;
      timer = setTimeout(() => void write(), 0);
    }
    timer ??= setTimeout(() => void write(), groupMs);
  };

  const ask = (work: Asked["work"]): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject });
      if (!isWriting) writeSoon(isUrgent(work));
    });

  return {
    append(results, missed) {
      // By itself, and not with all that would share its commit.
      const strange = strangeSlotIn({ results, missed });
      if (strange !== undefined) return Promise.reject(new AppError("internal", `the results were not stored: ${strange} is no slot, which is a whole number of milliseconds`));
      return ask({ results, missed });
    },
    forget: (tenantId, checkId) => ask({ forget: { tenantId, checkId } }),
    begin(after) {
      newest = after;
      return catchUp();
    },
    get newest() {
      return newest;
    },
  };
}

function strangeSlotIn({ results, missed }: Batch): number | undefined {
  const slots = [...results.map(({ slotMs }) => slotMs), ...missed.flatMap(({ firstSlotMs, lastSlotMs }) => [firstSlotMs, lastSlotMs])];
  return slots.find((slotMs) => !Number.isSafeInteger(slotMs) || slotMs < 0);
}
