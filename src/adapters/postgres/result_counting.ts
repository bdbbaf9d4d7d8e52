/**
 * Counts the results into rollups, now and then and not when they come: so a result costs nothing here, and a bucket is written few
 * times. A pass goes over all series that have results which are not counted, some in each transaction, up to a sequence that was set
 * when it began; at its end that sequence becomes the mark from which a new process reads results back.
 *
 * A crash within a pass, or a commit whose answer was lost, counts nothing twice: each bucket knows the newest sequence in it, all
 * of a series are counted in order, and what a bucket has already is left out.
 *
 * Minutes are stored only where they save something: of series that run more than once a minute, and where a minute holds several
 * results. Of any other minute the results themselves are read. That a minute is either stored whole or not at all is kept by this:
 * one is begun only after the newest slot that was counted before, and from then on never left out.
 */
import { failpoint } from "#kernel/failpoint";
import { fold, storesMinutes, tierMs, type Bucket } from "#ports/result_buckets";
import type { CountedRow } from "#ports/result_row";
import type { RollupTier } from "#ports/results";
import type { PostgresStore, Transaction } from "./connection.ts";
import type { Series, SeriesRegister } from "./result_series.ts";
import { keyOf, readBuckets, writeBuckets, type BucketKey, type KeyedBucket } from "./rollups.ts";

export interface Counting {
  begin(through: number): void;
  isUnderWay(): boolean;
  /** Counts some series, or ends the pass. */
  step(): Promise<void>;
}

interface Pass {
  through: number;
  series: Series[];
  /** How many of them are done. */
  done: number;
}

interface Portion {
  series: Series;
  rows: CountedRow[];
}

/** In one transaction. */
const mostRows = 4_000;
const mostSeries = 500;

export function createCounting(store: PostgresStore, register: SeriesRegister): Counting {
  let pass: Pass | undefined;

  const portions = ({ series, done, through }: Pass): Portion[] => {
    const taken: Portion[] = [];
    for (let rows = 0; rows < mostRows && taken.length < mostSeries && done + taken.length < series.length; rows += taken.at(-1)!.rows.length) {
      const one = series[done + taken.length]!;
      // It was forgotten meanwhile.
      const isGone = register.byNo(one.no) !== one;
      taken.push({ series: one, rows: isGone ? [] : one.open.snapshot().through(through) });
    }
    return taken;
  };

  return {
    begin(through) {
      pass = { through, series: register.all().filter(({ open }) => open.rows > 0), done: 0 };
    },
    isUnderWay: () => pass !== undefined,
    async step() {
      if (!pass) return;
      const { through } = pass;
      if (pass.done === pass.series.length) {
        await store.write((tx) => tx.run("UPDATE result_marks SET counted = greatest(counted, $1)", [through]));
        failpoint("results_counted");
        pass = undefined;
        return;
      }
      const taken = portions(pass);
      await store.write((tx) => countAll(tx, taken));
      failpoint("results_counted_in_part");
      for (const { series, rows } of taken) {
        // Forgotten meanwhile, it counts no more.
        if (register.byNo(series.no) === series) register.uncounted -= rows.length;
        series.open.drop(rows.length);
        series.countedSlotMs = newestSlot(series, rows);
      }
      pass.done += taken.length;
    },
  };
}

async function countAll(tx: Transaction, portions: readonly Portion[]): Promise<void> {
  const wanted = portions.flatMap(keysOf);
  const stored = await readBuckets(tx, wanted);
  await writeBuckets(
    tx,
    portions.flatMap((portion) => countOne(portion, stored)),
  );
  await tx.run(
    `UPDATE check_series SET last_slot = given.last_slot, counted_slot = given.counted_slot
     FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS given (check_no, last_slot, counted_slot) WHERE check_series.check_no = given.check_no`,
    [portions.map(({ series }) => series.no), portions.map(({ series }) => series.lastSlotMs), portions.map(({ series, rows }) => newestSlot(series, rows))],
  );
}

const tiers: RollupTier[] = ["minute", "hour", "day"];

/** What may be stored already of that which these results belong to. */
function keysOf({ series, rows }: Portion): BucketKey[] {
  return tiers.flatMap((tier) => {
    const counted = tier === "minute" ? rows.filter((row) => row.slot <= lastMinuteEnd(series)) : rows;
    return [...new Set(counted.map(({ slot }) => beginOf(slot, tier)))].map((bucketMs) => ({ tier, checkNo: series.no, bucketMs }));
  });
}

function countOne({ series, rows }: Portion, stored: ReadonlyMap<string, Bucket>): KeyedBucket[] {
  const isDense = storesMinutes(rows);
  return tiers.flatMap((tier) => {
    const begun = (bucketMs: number) => stored.get(keyOf({ tier, checkNo: series.no, bucketMs }));
    const isKept = ({ bucketMs, counts }: Bucket) =>
      tier !== "minute" || begun(bucketMs) !== undefined || (bucketMs > lastMinuteEnd(series) && (isDense || counts.reduce((sum, count) => sum + count, 0) > 1));
    return [...fold(rows, tier, begun)].filter(isKept).map((bucket) => ({ tier, checkNo: series.no, bucketMs: bucket.bucketMs, bucket }));
  });
}

/** The end of the minute that holds the newest slot that is counted. */
function lastMinuteEnd({ countedSlotMs }: Series): number {
  return beginOf(countedSlotMs, "minute") + tierMs.minute - 1;
}

function newestSlot({ countedSlotMs }: Series, rows: readonly CountedRow[]): number {
  return rows.reduce((newest, { slot }) => Math.max(newest, slot), countedSlotMs);
}

function beginOf(slot: number, tier: RollupTier): number {
  return Math.floor(slot / tierMs[tier]) * tierMs[tier];
}
