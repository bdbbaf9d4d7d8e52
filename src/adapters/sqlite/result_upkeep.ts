/**
 * Keeps the results in shape, in steps so small that no write of anybody waits for one: rollups are written now and then, a log
 * that was closed is sealed and emptied, and what is past its retention goes.
 */
import type { CheckLog, CheckLogs } from "./check_logs.ts";
import type { SqliteStore, Transaction } from "./connection.ts";
import { sealRows } from "./result_block.ts";
import { emptyLog, writeRelay, type LogName } from "./result_log.ts";
import type { Segments } from "./result_segments.ts";
import type { Rollups } from "./rollups.ts";

export interface ResultRetention {
  resultsMs: number;
  minutesMs: number;
  hoursMs: number;
  daysMs: number;
}

export interface UpkeepContext {
  store: SqliteStore;
  logs: CheckLogs;
  rollups: Rollups;
  segments: Segments;
  retention: ResultRetention;
  nowMs: number;
}

export interface Upkeep {
  /** Begins to move what a closed log holds into a segment. */
  seal(log: LogName, through: number): void;
  isSealing(): boolean;
  /** `relayedTo`: results up to this one have been told; a log is emptied no earlier. */
  step(nowMs: number, relayedTo: number): Promise<void>;
  /** Writes every rollup that has changed. */
  flushAll(): Promise<void>;
}

interface SealingJob {
  log: LogName;
  through: number;
  left: CheckLog[];
  begun: boolean;
}

const flushEveryMs = 60_000;
const cleanEveryMs = 600_000;
const bucketsAtOnce = 400;
const checksAtOnce = 200;

export function createUpkeep({ store, logs, rollups, segments, retention, nowMs }: UpkeepContext): Upkeep {
  let sealing: SealingJob | undefined;
  let flushing = false;
  let lastFlushMs = nowMs;
  let cleaning: CheckLog[] = [];
  let lastCleanMs = nowMs;

  const beginFlush = () => {
    rollups.beginFlush();
    flushing = true;
  };

  const flushSome = async (now: number): Promise<void> => {
    if ((await store.writeSoon((tx) => rollups.flush(tx, bucketsAtOnce))) > 0) return;
    flushing = false;
    lastFlushMs = now;
  };

  const sealSome = async (job: SealingJob, relayedTo: number): Promise<void> => {
    const batch = job.left.splice(0, checksAtOnce);
    const counts = await store.write((tx) => {
      if (!job.begun && batch.length > 0) beginSegment(tx, job, batch);
      return batch.map((log) => sealCheck(tx, log, job.through));
    });
    for (const [i, log] of batch.entries()) log.open.drop(counts[i]!);
    // The log may only go when every rollup that counts its results has been written, and every result has been told.
    if (job.left.length > 0 || flushing || relayedTo < job.through) return;
    // With the mark, from which the next process counts on when both logs are empty: a sequence is never given out twice.
    await store.write((tx) => {
      writeRelay(tx, relayedTo);
      emptyLog(tx, job.log);
    });
    sealing = undefined;
  };

  const beginSegment = (tx: Transaction, job: SealingJob, batch: CheckLog[]) => {
    const edges = [...batch, ...job.left].map((log) => log.open.slotEdges(log.open.countThrough(job.through)));
    segments.begin(
      tx,
      edges.reduce((first, edge) => Math.min(first, edge[0]), Number.POSITIVE_INFINITY),
      edges.reduce((last, edge) => Math.max(last, edge[1]), 0),
    );
    job.begun = true;
  };

  const sealCheck = (tx: Transaction, log: CheckLog, through: number): number => {
    const count = log.open.countThrough(through);
    segments.add(tx, log.no, sealRows(log.open, count));
    tx.run("INSERT OR REPLACE INTO result_sealed (check_no, sequence) VALUES (?, ?)", [log.no, through]);
    tx.run("UPDATE check_numbers SET last_slot = ? WHERE check_no = ?", [log.lastSlotMs, log.no]);
    return count;
  };

  const beginCleaning = async (now: number): Promise<void> => {
    lastCleanMs = now;
    cleaning = logs.all();
    await store.writeSoon((tx) => {
      segments.removeBefore(tx, now - retention.resultsMs);
      rollups.removeBefore(tx, "minute", now - retention.minutesMs);
      rollups.removeBefore(tx, "hour", now - retention.hoursMs);
      rollups.removeBefore(tx, "day", now - retention.daysMs);
      tx.run("PRAGMA incremental_vacuum(256)");
    });
  };

  const cleanSome = (now: number): Promise<void> => {
    const batch = cleaning.splice(0, checksAtOnce);
    return store.writeSoon((tx) => {
      for (const { no } of batch) {
        tx.run("DELETE FROM result_details WHERE check_no = ? AND slot < ?", [no, now - retention.resultsMs]);
        tx.run("DELETE FROM result_missed WHERE check_no = ? AND last_slot < ?", [no, now - retention.hoursMs]);
      }
    });
  };

  return {
    seal(log, through) {
      sealing = { log, through, left: logs.all().filter((one) => one.open.countThrough(through) > 0), begun: false };
      beginFlush();
    },
    isSealing: () => sealing !== undefined,
    async step(now, relayedTo) {
      if (!flushing && now - lastFlushMs >= flushEveryMs) beginFlush();
      if (flushing) await flushSome(now);
      if (sealing) return sealSome(sealing, relayedTo);
      if (cleaning.length > 0) return cleanSome(now);
      if (now - lastCleanMs >= cleanEveryMs) return beginCleaning(now);
    },
    async flushAll() {
      rollups.beginFlush();
      while ((await store.write((tx) => rollups.flush(tx, bucketsAtOnce))) > 0);
    },
  };
}
