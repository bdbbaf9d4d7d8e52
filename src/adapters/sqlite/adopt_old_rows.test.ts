/** A data directory of a version that logged a row a result, at the worst moment to be left: one log half sealed, counts half written. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResultStore } from "#ports/results";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { logAsBefore, oldRow, rollUpAsBefore, sealedAsBefore } from "../../testing/old_results.ts";
import { adoptOldRows } from "./adopt_old_rows.ts";
import { openSqlite, type SqliteStore, type Transaction } from "./connection.ts";
import { migrate, migrations } from "./migrations.ts";
import { createSqliteResultStore } from "./results.ts";

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
const clock = createFakeClock(start + hour);
const last = { rows: 40, sealedOf: 1, countedOf: 6 };
const slotOf = (i: number) => start + i * minute;
const sequenceOf = (checkNo: number, i: number) => 100 + 2 * i + checkNo;

/** Two checks a minute; 30 minutes in log a, of which check 1 is sealed and counted up to its seventh result; ten in log b; ten before both. */
function fill(tx: Transaction): void {
  tx.run("INSERT INTO result_segments VALUES (1, ?, ?), (2, ?, ?)", [slotOf(-10), slotOf(-1), slotOf(0), slotOf(29)]);
  for (const checkNo of [1, 2]) {
    tx.run("INSERT INTO check_numbers VALUES (?, ?, 'ten_1', ?)", [checkNo, `chk_${checkNo}`, slotOf(-1)]);
    const before = Array.from({ length: 10 }, (_, i) => oldRow(2 * i + checkNo, slotOf(i - 10)));
    tx.run("INSERT INTO result_blocks VALUES (?, ?)", [2 ** 21 + checkNo, sealedAsBefore(1, before)]);
    rollUpAsBefore(tx, { tier: 1, bucketMs: start - hour, checkNo, through: 18 + checkNo, up: 10 });
    rollUpAsBefore(tx, { tier: 1, bucketMs: start, checkNo, through: sequenceOf(checkNo, last.countedOf), up: last.countedOf + 1 });
    for (let i = 0; i < last.rows; i++) logAsBefore(tx, i < 30 ? "a" : "b", checkNo, oldRow(sequenceOf(checkNo, i), slotOf(i)));
  }
  const inA = Array.from({ length: 30 }, (_, i) => oldRow(sequenceOf(last.sealedOf, i), slotOf(i)));
  tx.run("INSERT INTO result_blocks VALUES (?, ?)", [2 * 2 ** 21 + last.sealedOf, sealedAsBefore(1, inA)]);
  tx.run("INSERT INTO result_sealed VALUES (?, ?)", [last.sealedOf, sequenceOf(2, 29)]);
  tx.run("INSERT INTO result_relay VALUES (1, ?)", [sequenceOf(2, 19)]);
}

async function oldStore(work: (store: SqliteStore) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  const store = openSqlite({ path: join(dir, "old.db"), groupMs: 0, onFatal: (error) => expect(error).toBeUndefined() });
  try {
    await migrate(store, migrations.slice(0, 8));
    await store.write(fill);
    await migrate(store);
    await work(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function open(store: SqliteStore, logRows = 1_000): Promise<ResultStore> {
  const day = 24 * hour;
  const results = createSqliteResultStore({ store, clock, retention: { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 900 * day }, logRows });
  const tails = await results.open();
  expect(tails.map(({ checkId, lastSlotMs }) => [checkId, lastSlotMs])).toEqual([["chk_1", slotOf(39)], ["chk_2", slotOf(39)]]);
  return results;
}

async function expectEverything(results: ResultStore): Promise<void> {
  for (const checkId of ["chk_1", "chk_2"]) {
    const query = { tenantId: "ten_1", checkId };
    const history = await results.history({ ...query, limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined });
    expect(history.map(({ slotMs }) => slotMs)).toEqual(Array.from({ length: 50 }, (_, i) => slotOf(39 - i)));
    expect(history[0]).toMatchObject({ latencyMs: 20, dnsMs: Number.NaN, connectMs: 0.25, code: 200, probeLagMs: 0, status: "up" });
    const hours = await results.rollups("ten_1", checkId, "hour", start - hour, start + hour);
    expect(hours.map(({ up, latencySumMs, histogram }) => [up, latencySumMs, histogram])).toEqual([[10, 200, [88, 10]], [40, 800, [88, 40]]]);
    const minutes = await results.rollups("ten_1", checkId, "minute", start - hour, start + hour);
    expect(minutes.map(({ up }) => up)).toEqual(Array<number>(50).fill(1));
    const [counts] = await results.runCounts({ tenantId: "ten_1", checkIds: [checkId], tier: "hour", fromMs: start - hour, toMs: start + hour });
    expect(counts!.up).toEqual([10, 40]);
  }
}

test("nothing of it is lost or counted twice, and what was not told is told", async () => {
  await oldStore(async (store) => {
    const results = await open(store);
    await expectEverything(results);
    const untold = await results.after(results.relayed(), 100);
    expect(untold.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, i) => sequenceOf(1, 20) + i));
    expect(store.all("SELECT sequence FROM result_log_a UNION ALL SELECT sequence FROM result_log_b")).toEqual([]);
  });
});

test("a move that broke off in its middle has changed nothing, and one that was done is not done again", async () => {
  await oldStore(async (store) => {
    const dying = store.write((tx) => {
      adoptOldRows(tx);
      throw new Error("the power went");
    });
    await expect(dying).rejects.toThrow("the power went");
    await open(store);
    await expectEverything(await open(store));
  });
});

test("what was moved is sealed like everything else, and new results go on from its sequence", async () => {
  await oldStore(async (store) => {
    const results = await open(store, 10);
    for (let i = 0; i < 30; i++) await results.maintain(clock.now() + 2 * hour);
    results.markRelayed(sequenceOf(2, 39));
    for (let i = 0; i < 30; i++) await results.maintain(clock.now() + 2 * hour);
    expect(store.all("SELECT * FROM result_chunks_a UNION ALL SELECT * FROM result_chunks_b")).toEqual([]);
    await expectEverything(results);
    const again = await open(store, 10);
    await expectEverything(again);
    const [one] = await again.history({ tenantId: "ten_1", checkId: "chk_1", limit: 1, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined });
    const next = { ...one!, slotMs: slotOf(40) };
    await again.append([next], []);
    expect(next.sequence).toBe(sequenceOf(2, 39) + 1);
  });
});
