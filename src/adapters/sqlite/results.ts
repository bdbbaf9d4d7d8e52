/**
 * The results of all checks: an append-only log without an index, beside it in memory one open block a check, and behind it
 * sealed segments. A log that is full (or an hour old) is sealed check by check and then emptied at one stroke; until then
 * its results are in memory too, so no page ever scans it, and after a crash it is read back.
 */
import type { Clock } from "#kernel/clock";
import type { CheckTail, MissedSlots, ResultStore, RollupTier, StoredResult, StoredRollup } from "#ports/results";
import { openCheckLogs, type CheckLog } from "./check_logs.ts";
import type { SqliteStore, Transaction } from "./connection.ts";
import type { Row } from "./result_block.ts";
import { readRows, statusBits, type RowQuery } from "./result_history.ts";
import { insertDetail, insertMissed, insertRow, logEdge, readDetails, readLog, readLogsAfter, readMissed, writeRelay, type LogName } from "./result_log.ts";
import { resultOf, rowOf } from "./result_row.ts";
import { createSegments } from "./result_segments.ts";
import { createUpkeep, type ResultRetention } from "./result_upkeep.ts";
import { createRollups, rollupsOf, tierMs } from "./rollups.ts";

export interface ResultStoreOptions {
  store: SqliteStore;
  clock: Clock;
  retention: ResultRetention;
  /** A log with this many rows is closed and sealed. */
  logRows?: number;
}

interface Batch {
  results: readonly StoredResult[];
  missed: readonly MissedSlots[];
}

const logAgeMs = 3_600_000;
const tailLength = 60;
// Two days of them.
const mostMinutes = 2_880;
const manualBit = 4;

export function createSqliteResultStore({ store, clock, retention, logRows = 250_000 }: ResultStoreOptions): ResultStore {
  const logs = openCheckLogs(store);
  const rollups = createRollups(store);
  const segments = createSegments(store);
  const upkeep = createUpkeep({ store, logs, rollups, segments, retention, nowMs: clock.now() });
  let active: LogName = "a";
  let rowsInActive = 0;
  let activeSinceMs = clock.now();
  let sequence = 0;
  let relayedTo = 0;
  let relayChanged = false;

  /** Into memory, once it is on disk. */
  const take = (log: CheckLog, row: Row) => {
    log.open.push(row);
    if ((row.flags & manualBit) === 0) log.lastSlotMs = Math.max(log.lastSlotMs, row.slot);
    rollups.count(log.buckets, log.no, { sequence: row.sequence, slotMs: row.slot, status: row.flags & statusBits, latencyMs: row.latency / 1000 });
  };

  const insertAll = (tx: Transaction, { results, missed }: Batch, fresh: CheckLog[]) => {
    const gaps = missed.map((gap) => {
      const log = logs.take(tx, gap, fresh);
      insertMissed(tx, log.no, gap);
      return { log, gap };
    });
    const rows = results.map((result) => {
      const log = logs.take(tx, result, fresh);
      result.sequence = ++sequence;
      result.checkNo = log.no;
      const row = rowOf(result);
      insertRow(tx, active, log.no, row);
      if (result.detail) insertDetail(tx, log.no, result.slotMs, result.detail);
      return { log, row };
    });
    return { rows, gaps };
  };

  const append = async (batch: Batch): Promise<void> => {
    // Somebody may have to be told of a failure: it does not wait for others to share its commit.
    const write = batch.results.every((result) => result.status === "up") ? store.writeSoon : store.write;
    const { rows, gaps } = await write((tx) => {
      const fresh: CheckLog[] = [];
      try {
        return insertAll(tx, batch, fresh);
      } catch (error) {
        fresh.forEach(logs.letGo);
        throw error;
      }
    });
    rowsInActive += rows.length;
    for (const { log, row } of rows) take(log, row);
    for (const { log, gap } of gaps) log.lastSlotMs = Math.max(log.lastSlotMs, gap.lastSlotMs);
  };

  const withDetails = (log: CheckLog, rows: Row[]): StoredResult[] => {
    const details = readDetails(store, log.no, rows.filter((row) => (row.flags & statusBits) !== 0).map((row) => row.slot));
    return rows.map((row) => resultOf(row, log, details.get(row.slot)));
  };

  const rowsOf = (log: CheckLog, query: RowQuery): Row[] => readRows({ reader: store, segments }, log, query);

  /** Reads both logs back, in order, leaving out what is sealed or belongs to a check that is gone. */
  const readBack = () => {
    const sealed = new Map(store.all<{ check_no: number; sequence: number }>("SELECT * FROM result_sealed").map((row) => [row.check_no, row.sequence]));
    const edges = { a: logEdge(store, "a"), b: logEdge(store, "b") };
    active = edges.b.newest > edges.a.newest ? "b" : "a";
    const older: LogName = active === "a" ? "b" : "a";
    for (const name of [older, active]) {
      for (const row of readLog(store, name)) {
        const log = logs.byNo(row.check_no);
        if (log && row.sequence > (sealed.get(row.check_no) ?? 0)) take(log, row);
      }
    }
    sequence = Math.max(edges.a.newest, edges.b.newest, relayedTo);
    rowsInActive = edges[active].rows;
    if (edges[older].rows > 0) upkeep.seal(older, edges[older].newest);
  };

  const rotate = async (): Promise<void> => {
    // Appends that wait have chosen no log yet; those that ran are in memory once this write has been answered.
    await store.write(() => {});
    const full = active;
    active = active === "a" ? "b" : "a";
    rowsInActive = 0;
    activeSinceMs = clock.now();
    upkeep.seal(full, sequence);
  };

  const saveRelay = async (): Promise<void> => {
    if (!relayChanged) return;
    relayChanged = false;
    await store.writeSoon((tx) => writeRelay(tx, relayedTo));
  };

  const tailOf = (log: CheckLog): CheckTail => {
    const first = Math.max(0, log.open.rows - tailLength);
    const rows = Array.from({ length: log.open.rows - first }, (_, i) => log.open.row(first + i));
    return { tenantId: log.tenantId, checkId: log.id, lastSlotMs: log.lastSlotMs, recent: withDetails(log, rows) };
  };

  const rollupsIn = (log: CheckLog, tier: RollupTier, fromMs: number, toMs: number): StoredRollup[] => {
    let found = rollups.read(log.no, tier, fromMs, toMs, log.buckets);
    // Of a check that runs at most once a minute no minutes are kept: its results are as few.
    if (tier === "minute" && found.length === 0) found = rollupsOf(rowsOf(log, { fromMs, beforeMs: toMs, limit: mostMinutes }), tier);
    return withMissed(found, missedOf(store, log, { fromMs, toMs }), tier);
  };

  return {
    append: (results, missed) => append({ results, missed }),
    open() {
      relayedTo = store.get<{ sequence: number }>("SELECT sequence FROM result_relay")?.sequence ?? 0;
      readBack();
      return Promise.resolve(logs.all().map(tailOf));
    },
    after(from, limit) {
      const rows = readLogsAfter(store, from, limit);
      return Promise.resolve(rows.flatMap((row) => (logs.byNo(row.check_no) ? withDetails(logs.byNo(row.check_no)!, [row]) : [])));
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
      return Promise.resolve(log ? missedOf(store, log, { fromMs, toMs }) : []);
    },
    rollups(tenantId, checkId, tier, fromMs, toMs) {
      const log = logs.owned(tenantId, checkId);
      return Promise.resolve(log ? rollupsIn(log, tier, fromMs, toMs) : []);
    },
    async maintain(nowMs) {
      await saveRelay();
      const isFull = rowsInActive >= logRows || (rowsInActive > 0 && nowMs - activeSinceMs >= logAgeMs);
      if (isFull && !upkeep.isSealing()) await rotate();
      await upkeep.step(nowMs, relayedTo);
    },
    async forget(tenantId, checkId) {
      const log = logs.owned(tenantId, checkId);
      // Inside the write and not before it: an append that waits its turn would take the check for a new one.
      if (log) await store.write((tx) => logs.retire(tx, log));
    },
    async flush() {
      await saveRelay();
      await upkeep.flushAll();
    },
  };
}

function missedOf(store: SqliteStore, log: CheckLog, { fromMs, toMs }: { fromMs: number; toMs: number }): MissedSlots[] {
  return readMissed(store, log.no, fromMs, toMs).map((row) => ({
    tenantId: log.tenantId,
    checkId: log.id,
    firstSlotMs: row.first_slot,
    lastSlotMs: row.last_slot,
    count: row.slots,
    reason: row.reason,
  }));
}

/** Missed slots lie evenly between the ends of their range. */
function withMissed(buckets: StoredRollup[], missed: MissedSlots[], tier: RollupTier): StoredRollup[] {
  if (missed.length === 0) return buckets;
  const found = new Map(buckets.map((bucket) => [bucket.bucketMs, bucket]));
  for (const gap of missed) {
    const stepMs = gap.count > 1 ? (gap.lastSlotMs - gap.firstSlotMs) / (gap.count - 1) : 0;
    let slot = gap.firstSlotMs;
    for (let left = gap.count; left > 0; ) {
      const bucketMs = Math.floor(slot / tierMs[tier]) * tierMs[tier];
      const here = stepMs === 0 ? left : Math.min(left, Math.ceil((bucketMs + tierMs[tier] - slot) / stepMs));
      const bucket = found.get(bucketMs) ?? emptyRollup(bucketMs);
      found.set(bucketMs, { ...bucket, missed: bucket.missed + here });
      slot += here * stepMs;
      left -= here;
    }
  }
  return [...found.values()].sort((x, y) => x.bucketMs - y.bucketMs);
}

function emptyRollup(bucketMs: number): StoredRollup {
  return { bucketMs, up: 0, degraded: 0, down: 0, unknown: 0, missed: 0, latencySumMs: 0, latencyMinMs: 0, latencyMaxMs: 0, histogram: [] };
}
