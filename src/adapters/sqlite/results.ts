/**
 * The results of all checks: an append-only log without an index, beside it in memory one open block a check, and behind it
 * sealed segments. A log that is full (or an hour old) is sealed check by check and then emptied at one stroke; until then
 * its results are in memory too, so no page ever scans it, and after a crash it is read back.
 */
import type { Clock } from "#kernel/clock";
import type { CheckTail, HistoryQuery, MissedSlots, ResultStore, RollupTier, StoredResult, StoredRollup } from "#ports/results";
import type { SqliteStore, Transaction } from "./connection.ts";
import { OpenBlock, sealRows, type Row } from "./result_block.ts";
import { readRows, statusBits } from "./result_history.ts";
import { emptyLog, insertDetail, insertMissed, insertRow, logEdge, newestMissed, readDetails, readLog, readLogsAfter, readMissed, writeRelay, type LogName } from "./result_log.ts";
import { resultOf, rowOf } from "./result_row.ts";
import { createSegments } from "./result_segments.ts";
import { createRollups, noBuckets, rollupsOf, tierMs, type OpenBuckets } from "./rollups.ts";

export interface ResultRetention {
  resultsMs: number;
  minutesMs: number;
  hoursMs: number;
  daysMs: number;
}

export interface ResultStoreOptions {
  store: SqliteStore;
  clock: Clock;
  retention: ResultRetention;
  /** A log with this many rows is closed and sealed. */
  logRows?: number;
}

/** What is in memory of one check. */
interface CheckLog {
  no: number;
  id: string;
  tenantId: string;
  open: OpenBlock;
  buckets: OpenBuckets;
  lastSlotMs: number;
}

const logAgeMs = 3_600_000;
const flushEveryMs = 60_000;
const cleanEveryMs = 600_000;
const bucketsAtOnce = 400;
const checksAtOnce = 200;
const tailLength = 60;
// Two days of them.
const mostMinutes = 2_880;
const manualBit = 4;

export function createSqliteResultStore({ store, clock, retention, logRows = 250_000 }: ResultStoreOptions): ResultStore {
  const logs = new Map<number, CheckLog>();
  const byId = new Map<string, CheckLog>();
  const rollups = createRollups(store);
  const segments = createSegments(store);
  let active: LogName = "a";
  let rowsInActive = 0;
  let activeSinceMs = clock.now();
  let sequence = 0;
  let nextNo = 1;
  let relayedTo = 0;
  let relayChanged = false;
  /** The log being sealed, through which sequence, and the checks still to do. */
  let sealing: { log: LogName; through: number; left: CheckLog[]; begun: boolean } | undefined;
  let flushing = false;
  let lastFlushMs = clock.now();
  let lastCleanMs = clock.now();

  const adopt = (no: number, id: string, tenantId: string): CheckLog => {
    const log: CheckLog = { no, id, tenantId, open: new OpenBlock(), buckets: noBuckets(), lastSlotMs: 0 };
    logs.set(no, log);
    byId.set(id, log);
    nextNo = Math.max(nextNo, no + 1);
    return log;
  };

  /** `fresh` gathers what is to be let go of again when the write fails. */
  const logOf = (tx: Transaction, { tenantId, checkId }: { tenantId: string; checkId: string }, fresh: CheckLog[]): CheckLog => {
    const known = byId.get(checkId);
    if (known) return known;
    tx.run("INSERT INTO check_numbers (check_no, check_id, tenant_id) VALUES (?, ?, ?)", [nextNo, checkId, tenantId]);
    const log = adopt(nextNo, checkId, tenantId);
    fresh.push(log);
    return log;
  };

  const letGo = (log: CheckLog) => {
    logs.delete(log.no);
    byId.delete(log.id);
  };

  const owned = (tenantId: string, checkId: string): CheckLog | undefined => {
    const log = byId.get(checkId);
    return log?.tenantId === tenantId ? log : undefined;
  };

  /** Into memory, once it is on disk. */
  const take = (log: CheckLog, row: Row) => {
    log.open.push(row);
    if ((row.flags & manualBit) === 0) log.lastSlotMs = Math.max(log.lastSlotMs, row.slot);
    rollups.count(log.buckets, log.no, { sequence: row.sequence, slotMs: row.slot, status: row.flags & statusBits, latencyMs: row.latency / 1000 });
  };

  const append = async (results: readonly StoredResult[], missed: readonly MissedSlots[]): Promise<void> => {
    // Somebody may have to be told of a failure: it does not wait for others to share its commit.
    const write = results.every((result) => result.status === "up") ? store.writeSoon : store.write;
    const { rows, gaps } = await write((tx) => {
      const fresh: CheckLog[] = [];
      try {
        return insertAll(tx, { results, missed }, fresh);
      } catch (error) {
        fresh.forEach(letGo);
        throw error;
      }
    });
    rowsInActive += rows.length;
    for (const { log, row } of rows) take(log, row);
    for (const { log, gap } of gaps) log.lastSlotMs = Math.max(log.lastSlotMs, gap.lastSlotMs);
  };

  const insertAll = (tx: Transaction, { results, missed }: { results: readonly StoredResult[]; missed: readonly MissedSlots[] }, fresh: CheckLog[]) => {
    const gaps = missed.map((gap) => {
      const log = logOf(tx, gap, fresh);
      insertMissed(tx, log.no, gap);
      return { log, gap };
    });
    const rows = results.map((result) => {
      const log = logOf(tx, result, fresh);
      result.sequence = ++sequence;
      result.checkNo = log.no;
      const row = rowOf(result);
      insertRow(tx, active, log.no, row);
      if (result.detail) insertDetail(tx, log.no, result.slotMs, result.detail);
      return { log, row };
    });
    return { rows, gaps };
  };

  const withDetails = (log: CheckLog, rows: Row[]): StoredResult[] => {
    const details = readDetails(store, log.no, rows.filter((row) => (row.flags & statusBits) !== 0).map((row) => row.slot));
    return rows.map((row) => resultOf(row, log, details.get(row.slot)));
  };

  const history = (query: HistoryQuery): StoredResult[] => {
    const log = owned(query.tenantId, query.checkId);
    return log ? withDetails(log, readRows({ reader: store, segments }, log, query)) : [];
  };

  const missedOf = (log: CheckLog, fromMs: number, toMs: number): MissedSlots[] =>
    readMissed(store, log.no, fromMs, toMs).map((row) => ({
      tenantId: log.tenantId,
      checkId: log.id,
      firstSlotMs: row.first_slot,
      lastSlotMs: row.last_slot,
      count: row.slots,
      reason: row.reason,
    }));

  /** Reads both logs back, in order, leaving out what is sealed or belongs to a check that is gone. */
  const readBack = () => {
    const sealed = new Map(store.all<{ check_no: number; sequence: number }>("SELECT * FROM result_sealed").map((row) => [row.check_no, row.sequence]));
    const edges = { a: logEdge(store, "a"), b: logEdge(store, "b") };
    active = edges.b.newest > edges.a.newest ? "b" : "a";
    const older: LogName = active === "a" ? "b" : "a";
    for (const name of [older, active]) {
      for (const row of readLog(store, name)) {
        const log = logs.get(row.check_no);
        if (log && row.sequence > (sealed.get(row.check_no) ?? 0)) take(log, row);
      }
    }
    sequence = Math.max(edges.a.newest, edges.b.newest, relayedTo);
    rowsInActive = edges[active].rows;
    if (edges[older].rows > 0) startSealing(older, edges[older].newest);
  };

  const startSealing = (log: LogName, through: number) => {
    sealing = { log, through, left: [...logs.values()].filter((one) => one.open.countThrough(through) > 0), begun: false };
    rollups.beginFlush();
    flushing = true;
  };

  const sealSome = async (): Promise<void> => {
    const job = sealing!;
    const batch = job.left.splice(0, checksAtOnce).map((log) => ({ log, count: log.open.countThrough(job.through) }));
    await store.write((tx) => {
      if (!job.begun && batch.length > 0) {
        const all = [...batch.map(({ log }) => log), ...job.left];
        const edges = all.map((log) => log.open.slotEdges(log.open.countThrough(job.through)));
        segments.begin(tx, Math.min(...edges.map(([first]) => first)), Math.max(...edges.map(([, last]) => last)));
        job.begun = true;
      }
      for (const { log, count } of batch) {
        segments.add(tx, log.no, sealRows(log.open, count));
        tx.run("INSERT OR REPLACE INTO result_sealed (check_no, sequence) VALUES (?, ?)", [log.no, job.through]);
        tx.run("UPDATE check_numbers SET last_slot = ? WHERE check_no = ?", [log.lastSlotMs, log.no]);
      }
    });
    for (const { log, count } of batch) log.open.drop(count);
    // The log may only go when every rollup that counts its results has been written, and every result has been told.
    if (job.left.length > 0 || flushing || relayedTo < job.through) return;
    // With the mark, from which the next process counts on when both logs are empty: a sequence is never given out twice.
    await store.write((tx) => {
      writeRelay(tx, relayedTo);
      emptyLog(tx, job.log);
    });
    sealing = undefined;
  };

  const rotate = async (): Promise<void> => {
    // Appends that wait have chosen no log yet; those that ran are in memory once this write has been answered.
    await store.write(() => {});
    const full = active;
    active = active === "a" ? "b" : "a";
    rowsInActive = 0;
    activeSinceMs = clock.now();
    startSealing(full, sequence);
  };

  const flushSome = async (): Promise<void> => {
    if ((await store.writeSoon((tx) => rollups.flush(tx, bucketsAtOnce))) > 0) return;
    flushing = false;
    lastFlushMs = clock.now();
  };

  const saveRelay = async (): Promise<void> => {
    if (!relayChanged) return;
    relayChanged = false;
    await store.writeSoon((tx) => writeRelay(tx, relayedTo));
  };

  const removeOld = (nowMs: number): Promise<void> =>
    store.write((tx) => {
      segments.removeBefore(tx, nowMs - retention.resultsMs);
      rollups.removeBefore(tx, "minute", nowMs - retention.minutesMs);
      rollups.removeBefore(tx, "hour", nowMs - retention.hoursMs);
      rollups.removeBefore(tx, "day", nowMs - retention.daysMs);
      for (const no of logs.keys()) {
        tx.run("DELETE FROM result_details WHERE check_no = ? AND slot < ?", [no, nowMs - retention.resultsMs]);
        tx.run("DELETE FROM result_missed WHERE check_no = ? AND last_slot < ?", [no, nowMs - retention.hoursMs]);
      }
      tx.run("PRAGMA incremental_vacuum(256)");
    });

  return {
    append,
    open() {
      for (const row of store.all<NumberRow>("SELECT * FROM check_numbers")) {
        if (row.tenant_id === "") nextNo = Math.max(nextNo, row.check_no + 1);
        else adopt(row.check_no, row.check_id, row.tenant_id).lastSlotMs = row.last_slot;
      }
      for (const row of newestMissed(store)) {
        const log = logs.get(row.check_no);
        if (log) log.lastSlotMs = Math.max(log.lastSlotMs, row.last_slot);
      }
      relayedTo = store.get<{ sequence: number }>("SELECT sequence FROM result_relay")?.sequence ?? 0;
      readBack();
      return Promise.resolve([...logs.values()].map(tailOf));
    },
    after(from, limit) {
      const rows = readLogsAfter(store, from, limit).filter((row) => logs.has(row.check_no));
      return Promise.resolve(rows.flatMap((row) => withDetails(logs.get(row.check_no)!, [row])));
    },
    relayed: () => relayedTo,
    markRelayed(to) {
      if (to <= relayedTo) return;
      relayedTo = to;
      relayChanged = true;
    },
    history: (query) => Promise.resolve(history(query)),
    missed(tenantId, checkId, fromMs, toMs) {
      const log = owned(tenantId, checkId);
      return Promise.resolve(log ? missedOf(log, fromMs, toMs) : []);
    },
    rollups(tenantId, checkId, tier, fromMs, toMs) {
      const log = owned(tenantId, checkId);
      if (!log) return Promise.resolve([]);
      let found = rollups.read(log.no, tier, fromMs, toMs, log.buckets);
      // Of a check that runs at most once a minute no minutes are kept: its results are as few.
      if (tier === "minute" && found.length === 0) found = rollupsOf(readRows({ reader: store, segments }, log, { fromMs, beforeMs: toMs, limit: mostMinutes }), tier);
      return Promise.resolve(withMissed(found, missedOf(log, fromMs, toMs), tier));
    },
    async maintain(nowMs) {
      await saveRelay();
      if (!flushing && nowMs - lastFlushMs >= flushEveryMs) {
        rollups.beginFlush();
        flushing = true;
      }
      if (flushing) await flushSome();
      if (sealing) return sealSome();
      if (rowsInActive >= logRows || (rowsInActive > 0 && nowMs - activeSinceMs >= logAgeMs)) return rotate();
      if (nowMs - lastCleanMs < cleanEveryMs) return;
      lastCleanMs = nowMs;
      await removeOld(nowMs);
    },
    async forget(tenantId, checkId) {
      const log = owned(tenantId, checkId);
      if (!log) return;
      await store.write((tx) => {
        // Here and not before: an append that waits its turn would take the check for a new one.
        letGo(log);
        segments.removeCheck(tx, log.no);
        tx.run("DELETE FROM result_details WHERE check_no = ?", [log.no]);
        tx.run("DELETE FROM result_missed WHERE check_no = ?", [log.no]);
        // The number is never given out again: rollups lie by bucket, so the check's own stay, nameless, until their retention ends.
        tx.run("UPDATE check_numbers SET check_id = 'gone ' || check_no, tenant_id = '' WHERE check_no = ?", [log.no]);
      });
    },
    async flush() {
      await saveRelay();
      rollups.beginFlush();
      while ((await store.write((tx) => rollups.flush(tx, bucketsAtOnce))) > 0);
    },
  };

  function tailOf(log: CheckLog): CheckTail {
    const first = Math.max(0, log.open.rows - tailLength);
    const rows = Array.from({ length: log.open.rows - first }, (_, i) => log.open.row(first + i));
    return { tenantId: log.tenantId, checkId: log.id, lastSlotMs: log.lastSlotMs, recent: withDetails(log, rows) };
  }
}

interface NumberRow {
  check_no: number;
  check_id: string;
  tenant_id: string;
  last_slot: number;
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
