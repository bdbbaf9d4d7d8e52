/**
 * Keeps the results in shape, in steps so short that no write of anybody waits long for one: a log that was closed is sealed, its
 * results counted, and then emptied; and what is past its retention goes.
 *
 * Each step ends as soon as it has worked for `stepMs`, however many checks there are. A crash between two of them loses nothing: a
 * check is sealed, counted and marked as sealed in one transaction, and its log is emptied only when all are, from the oldest on.
 */
import type { Clock } from "#kernel/clock";
import { failpoint } from "#kernel/failpoint";
import { storesMinutes } from "#ports/result_buckets";
import type { ResultRetention, RollupTier } from "#ports/results";
import type { CheckLog, CheckLogs } from "./check_logs.ts";
import type { SqliteStore, Transaction } from "./connection.ts";
import { sealRows } from "./result_block.ts";
import { emptySome, removeOldFindings, writeRelay, type LogName } from "./result_log.ts";
import type { Segment, Segments } from "./result_segments.ts";
import { removeSomeRollupsBefore, storeRollups } from "./rollups.ts";

export interface UpkeepContext {
  store: SqliteStore;
  logs: CheckLogs;
  segments: Segments;
  retention: ResultRetention;
  clock: Clock;
  /** Told of each bucket whose counts change. */
  recounted(tier: RollupTier, bucketMs: number): void;
}

export interface Upkeep {
  /** Begins to move what a closed log holds into a segment. */
  seal(log: LogName, through: number): void;
  isSealing(): boolean;
  /** `relayedTo`: results up to this one have been told; a log is emptied no earlier. */
  step(nowMs: number, relayedTo: number): Promise<void>;
}

interface SealingJob {
  log: LogName;
  through: number;
  checks: CheckLog[];
  /** How many of them are done. */
  sealed: number;
  segment: Segment | undefined;
}

/** Does a little of something; false when there was nothing left to do. */
type Chore = (tx: Transaction) => boolean;

const cleanEveryMs = 600_000;
const stepMs = 10;

export function createUpkeep({ store, logs, segments, retention, clock, recounted }: UpkeepContext): Upkeep {
  let sealing: SealingJob | undefined;
  let chores: Chore[] = [];
  let lastCleanMs = clock.now();

  /** Until the time is up, but at least once. */
  const whileTimeIsLeft = (work: () => boolean): boolean => {
    const started = clock.monotonic();
    for (;;) {
      if (!work()) return false;
      if (clock.monotonic() - started >= stepMs) return true;
    }
  };

  const sealSome = async (job: SealingJob): Promise<void> => {
    const done = await store.write((tx) => {
      const segment = job.segment ?? segments.begin(tx);
      const counts: number[] = [];
      whileTimeIsLeft(() => {
        counts.push(sealCheck(tx, { log: job.checks[job.sealed + counts.length]!, through: job.through, segment }));
        return job.sealed + counts.length < job.checks.length;
      });
      failpoint("mid_seal");
      segments.save(tx, segment);
      return { segment, counts };
    });
    failpoint("after_seal");
    segments.opened((job.segment = done.segment));
    for (const count of done.counts) job.checks[job.sealed++]!.open.drop(count);
  };

  const sealCheck = (tx: Transaction, { log, through, segment }: { log: CheckLog; through: number; segment: Segment }): number => {
    // It was deleted meanwhile.
    if (logs.byNo(log.no) !== log) return 0;
    const count = log.open.countThrough(through);
    const rows = Array.from({ length: count }, (_, i) => log.open.row(i));
    segments.add(tx, segment, log.no, sealRows(rows, storesMinutes(rows)));
    storeRollups(tx, log.no, rows, recounted);
    tx.run("INSERT OR REPLACE INTO result_sealed (check_no, sequence) VALUES (?, ?)", [log.no, through]);
    tx.run("UPDATE check_numbers SET last_slot = ? WHERE check_no = ?", [log.lastSlotMs, log.no]);
    return count;
  };

  /** With the mark, from which the next process counts on when both logs are empty: a sequence is never given out twice. */
  const emptyStep = async (job: SealingJob, relayedTo: number): Promise<void> => {
    const isMoreLeft = await store.write((tx) => {
      writeRelay(tx, relayedTo);
      return whileTimeIsLeft(() => emptySome(tx, job.log));
    });
    failpoint("log_emptied_in_part");
    if (!isMoreLeft) sealing = undefined;
  };

  const beginCleaning = (now: number) => {
    lastCleanMs = now;
    const remove = (tier: RollupTier, keptMs: number): Chore => (tx) => removeSomeRollupsBefore(tx, tier, now - keptMs);
    const checks = logs.all();
    const findings: Chore = (tx) => {
      const log = checks.pop();
      if (log) removeOldFindings(tx, log.no, { detailsBeforeMs: now - retention.resultsMs, missedBeforeMs: now - retention.hoursMs });
      return log !== undefined;
    };
    chores = [(tx) => segments.removeSomeBefore(tx, now - retention.resultsMs), remove("minute", retention.minutesMs), remove("hour", retention.hoursMs), remove("day", retention.daysMs), findings];
  };

  const cleanSome = (): Promise<unknown> =>
    store.writeSoon((tx) =>
      whileTimeIsLeft(() => {
        if (!chores[0]!(tx)) chores = chores.slice(1);
        return chores.length > 0;
      }),
    );

  return {
    seal(log, through) {
      const checks = logs.all().filter(({ open }) => open.rows > 0 && open.sequenceOf(0) <= through);
      sealing = { log, through, checks, sealed: 0, segment: undefined };
    },
    isSealing: () => sealing !== undefined,
    async step(now, relayedTo) {
      if (sealing && sealing.sealed < sealing.checks.length) return sealSome(sealing);
      // The log may only go when every result has been told.
      if (sealing && relayedTo >= sealing.through) return emptyStep(sealing, relayedTo);
      if (chores.length === 0 && now - lastCleanMs >= cleanEveryMs) beginCleaning(now);
      if (chores.length > 0) await cleanSome();
    },
  };
}
