/**
 * The results of all checks: an append-only log without an index, beside it in memory one open block a check, and behind it
 * sealed segments. A log that is full (or an hour old) is sealed check by check and then emptied at one stroke; until then
 * its results are in memory too, so no page ever scans it, and after a crash it is read back.
 */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import { addRows, wholeBuckets, withMissed } from "#ports/result_buckets";
import { manualFlag, resultOf, rowOf, statusBits, type LoggedRow, type Row } from "#ports/result_row";
import type { CheckTail, MissedSlots, ResultRetention, ResultStore, RollupTier, StoredResult, StoredRollup } from "#ports/results";
import { adoptOldRows } from "./adopt_old_rows.ts";
import { openCheckLogs, type CheckLog } from "./check_logs.ts";
import type { SqliteStore, Transaction } from "./connection.ts";
import { readRows, readSealed, type RowQuery } from "./result_history.ts";
import { insertDetail, insertMissed, insertRows, logEdge, readDetails, readLog, readLogsAfter, readMissed, readSealedMarks, writeRelay, type LogName } from "./result_log.ts";
import { createSegments } from "./result_segments.ts";
import { createUpkeep } from "./result_upkeep.ts";
import { readStored, readStoredMinutes } from "./rollups.ts";
import { createRunCountReader } from "./run_counts.ts";

export interface ResultStoreOptions {
  store: SqliteStore;
  clock: Clock;
  retention: ResultRetention;
  /** A log with this many rows is closed and sealed; with many checks only when there are enough of each for a block. */
  logRows?: number;
}

interface Batch {
  results: readonly StoredResult[];
  missed: readonly MissedSlots[];
}

const logAgeMs = 3_600_000;
// What was handled since is handled again after a crash, which changes nothing.
const relayEveryMs = 2_000;
// Blocks of fewer results take more bytes for each.
const rowsPerBlock = 60;
// They are in memory too, 64 bytes each.
const mostLogRows = 2_500_000;
const tailLength = 60;

export function createSqliteResultStore({ store, clock, retention, logRows = 250_000 }: ResultStoreOptions): ResultStore {
  const logs = openCheckLogs(store);
  const segments = createSegments(store);
  const sources = { reader: store, segments };
  const counts = createRunCountReader(store, clock, () => logs.size);
  const upkeep = createUpkeep({ store, logs, segments, retention, clock, recounted: counts.changed });
  let active: LogName = "a";
  let rowsInActive = 0;
  let activeSinceMs = clock.now();
  let sequence = 0;
  let relayedTo = 0;
  let relayChanged = false;
  let relaySavedMs = clock.now();
  let waiting: Batch[] = [];
  let gathered: Promise<void> | undefined;

  /** Into memory, once it is on disk. */
  const take = (log: CheckLog, row: Row) => {
    log.open.push(row);
    if ((row.flags & manualFlag) === 0) log.lastSlotMs = Math.max(log.lastSlotMs, row.slot);
  };

  const insertAll = (tx: Transaction, batches: readonly Batch[], fresh: CheckLog[]) => {
    const gaps = batches.flatMap(({ missed }) => missed.map((gap) => ({ log: logs.take(tx, gap, fresh), gap })));
    for (const { log, gap } of gaps) insertMissed(tx, log.no, gap);
    const rows: LoggedRow[] = [];
    for (const { results } of batches) {
      for (const result of results) {
        const log = logs.take(tx, result, fresh);
        result.sequence = ++sequence;
        result.checkNo = log.no;
        rows.push(rowOf(result));
        if (result.detail) insertDetail(tx, log.no, result.slotMs, result.detail);
      }
    }
    failpoint("mid_results_commit");
    insertRows(tx, active, rows);
    return { rows, gaps };
  };

  /** One chunk for all that comes until the next commit. */
  const gather = async (): Promise<void> => {
    const { rows, gaps } = await store.writeSoon((tx) => {
      const batches = waiting;
      waiting = [];
      gathered = undefined;
      const fresh: CheckLog[] = [];
      try {
        return insertAll(tx, batches, fresh);
      } catch (error) {
        fresh.forEach(logs.letGo);
        throw error;
      }
    });
    rowsInActive += rows.length;
    for (const row of rows) {
      const log = logs.byNo(row.checkNo);
      // Undefined when the check was forgotten in the same commit.
      if (log) take(log, row);
    }
    for (const { log, gap } of gaps) log.lastSlotMs = Math.max(log.lastSlotMs, gap.lastSlotMs);
  };

  const append = (batch: Batch): Promise<void> => {
    // By itself, and not with all that would share its commit.
    const strange = strangeSlotIn(batch);
    if (strange !== undefined) return Promise.reject(new AppError("internal", `the results were not stored: ${strange} is no slot, which is a whole number of milliseconds`));
    waiting.push(batch);
    gathered ??= gather();
    // Somebody may have to be told of a failure: it does not wait for others to share its commit, it takes them along.
    if (batch.results.some((result) => result.status !== "up")) void store.write(() => {}).catch(() => {});
    return gathered;
  };

  const withDetails = (log: CheckLog, rows: Row[]): StoredResult[] => {
    const details = readDetails(store, log.no, rows.filter((row) => (row.flags & statusBits) !== 0 || row.attempts > 1).map((row) => row.slot));
    return rows.map((row) => resultOf(row, log, details.get(row.slot)));
  };

  const rowsOf = (log: CheckLog, query: RowQuery): Row[] => readRows(sources, log, query);

  /** Reads both logs back, in order, leaving out what is sealed or belongs to a check that is gone. */
  const readBack = () => {
    const sealed = readSealedMarks(store);
    const edges = { a: logEdge(store, "a"), b: logEdge(store, "b") };
    active = edges.b.newest > edges.a.newest ? "b" : "a";
    const older: LogName = active === "a" ? "b" : "a";
    for (const name of [older, active]) {
      for (const row of readLog(store, name)) {
        const log = logs.byNo(row.checkNo);
        if (log && row.sequence > (sealed.get(row.checkNo) ?? 0)) take(log, row);
      }
    }
    sequence = Math.max(edges.a.newest, edges.b.newest, relayedTo);
    rowsInActive = edges[active].rows;
    if (edges[older].rows > 0) upkeep.seal(older, edges[older].newest);
  };

  const rotate = async (): Promise<void> => {
    // Among the appends and not beside them: those before it are in the full log and, once this is answered, in memory; those after
    // it are in the other one.
    const { full, through } = await store.write(() => {
      const closed = { full: active, through: sequence };
      active = active === "a" ? "b" : "a";
      return closed;
    });
    failpoint("log_closed");
    rowsInActive = 0;
    activeSinceMs = clock.now();
    upkeep.seal(full, through);
  };

  const saveRelay = async (): Promise<void> => {
    relayChanged = false;
    failpoint("before_relay_mark");
    await store.writeSoon((tx) => writeRelay(tx, relayedTo));
  };

  const tailOf = (log: CheckLog): CheckTail => {
    const first = Math.max(0, log.open.rows - tailLength);
    const rows = Array.from({ length: log.open.rows - first }, (_, i) => log.open.row(first + i));
    return { tenantId: log.tenantId, checkId: log.id, lastSlotMs: log.lastSlotMs, recent: withDetails(log, rows) };
  };

  const rollupsIn = (log: CheckLog, tier: RollupTier, fromMs: number, toMs: number): StoredRollup[] => {
    const range = { tier, fromMs, toMs };
    const open = Array.from({ length: log.open.rows }, (_, i) => log.open.row(i));
    const missed = readMissed(store, log, range);
    if (tier !== "minute") return withMissed(addRows(readStored(store, log.no, range), range, open), missed, range);
    const sealed = readSealed(sources, log, wholeBuckets(range));
    const stored = addRows(readStoredMinutes(store, log.no, { range, minutesAt: sealed.minutesAt }), range, open);
    return withMissed(addRows(stored, range, sealed.rows, true), missed, range);
  };

  return {
    append: (results, missed) => append({ results, missed }),
    async open() {
      await store.write(adoptOldRows);
      relayedTo = store.get<{ sequence: number }>("SELECT sequence FROM result_relay")?.sequence ?? 0;
      readBack();
      return logs.all().map(tailOf);
    },
    after(from, limit) {
      const found: StoredResult[] = [];
      // On beyond checks that are gone: an answer without results says that there are no more.
      for (let rows = readLogsAfter(store, from, limit); rows.length > 0 && found.length < limit; rows = readLogsAfter(store, rows.at(-1)!.sequence, limit)) {
        for (const row of rows) {
          const log = logs.byNo(row.checkNo);
          if (log && found.length < limit) found.push(...withDetails(log, [row]));
        }
      }
      return Promise.resolve(found);
    },
    relayed: () => relayedTo,
    markRelayed(to) {
      if (to <= relayedTo) return;
      relayedTo = to;
      relayChanged = true;
    },
    history(query) {
      const log = logs.owned(query.tenantId, query.checkId);
      return Promise.resolve(log ? withDetails(log, rowsOf(log, query)) : []);
    },
    missed(tenantId, checkId, fromMs, toMs) {
      const log = logs.owned(tenantId, checkId);
      return Promise.resolve(log ? readMissed(store, log, { fromMs, toMs }) : []);
    },
    rollups(tenantId, checkId, tier, fromMs, toMs) {
      const log = logs.owned(tenantId, checkId);
      return Promise.resolve(log ? rollupsIn(log, tier, fromMs, toMs) : []);
    },
    runCounts({ tenantId, checkIds, tier, fromMs, toMs }) {
      return counts.read(checkIds.flatMap((checkId) => logs.owned(tenantId, checkId) ?? []), { tier, fromMs, toMs });
    },
    async maintain(nowMs) {
      if (relayChanged && nowMs - relaySavedMs >= relayEveryMs) {
        relaySavedMs = nowMs;
        await saveRelay();
      }
      const isFull = rowsInActive >= Math.max(logRows, Math.min(rowsPerBlock * logs.size, mostLogRows)) || (rowsInActive > 0 && nowMs - activeSinceMs >= logAgeMs);
      if (isFull && !upkeep.isSealing()) await rotate();
      await upkeep.step(nowMs, relayedTo);
    },
    async forget(tenantId, checkId) {
      const log = logs.owned(tenantId, checkId);
      // Inside the write and not before it: an append that waits its turn would take the check for a new one.
      if (log) await store.write((tx) => logs.retire(tx, log));
    },
    async flush() {
      if (relayChanged) await saveRelay();
    },
  };
}

function strangeSlotIn({ results, missed }: Batch): number | undefined {
  const slots = [...results.map(({ slotMs }) => slotMs), ...missed.flatMap(({ firstSlotMs, lastSlotMs }) => [firstSlotMs, lastSlotMs])];
  return slots.find((slotMs) => !Number.isSafeInteger(slotMs) || slotMs < 0);
}
