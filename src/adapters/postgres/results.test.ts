import { expect, setDefaultTimeout, test } from "bun:test";
import { SQL } from "bun";
import type { ResultStore, StoredResult } from "#ports/results";
import { resultsConformance } from "#ports/results.conformance";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { losingAnswers } from "../../testing/lost_answers.ts";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import type { PostgresStore } from "./connection.ts";
import { createPostgresResultStore } from "./results.ts";

// Hundreds of commits to a disk that others use, too.
setDefaultTimeout(30_000);

const minute = 60_000;
const day = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const retention = { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 1_000 * day };
const newest = { tenantId: "ten_1", checkId: "chk_1", limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined };

// So that a short test counts many times.
const storeOn = (store: PostgresStore, clock = createFakeClock(startMs)) => createPostgresResultStore({ store, clock, retention, groupMs: 0, countRows: 40 });

async function expectOnce(results: ResultStore, slots: number[]): Promise<void> {
  expect((await results.history(newest)).map(({ slotMs }) => slotMs)).toEqual(slots.toSorted((a, b) => b - a));
  const hours = await results.rollups("ten_1", "chk_1", "hour", startMs, startMs + day);
  expect(hours.reduce((sum, { up }) => sum + up, 0)).toBe(slots.length);
}

describeWith("postgres", "postgres results", () => {
  resultsConformance(async () => {
    const temp = await openTempPostgres();
    const clock = createFakeClock(startMs);
    return { store: storeOn(temp.store, clock), clock, crash: async () => storeOn(temp.store, clock), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });

  test("an append whose connection is cut is refused, and the same results appended again are stored once", async () => {
    await using temp = await openTempPostgres();
    const results = storeOn(temp.store);
    await results.open();
    await results.append([resultAt(startMs)], []);
    const admin = new SQL(temp.url, { max: 1 });
    await admin.begin(async (holder) => {
      // The append waits for this row, so that its connection is cut in the middle of it.
      await holder.unsafe("SELECT 1 FROM result_marks FOR UPDATE");
      const append = results.append([resultAt(startMs + minute)], []);
      append.catch(() => {});
      const isWaiting = () => holder.unsafe("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
      while ((await isWaiting()).length === 0) await Bun.sleep(5);
      expect(await append.catch((error: unknown) => error)).toMatchObject({ code: "unavailable" });
    });
    await admin.close();
    await results.append([resultAt(startMs + minute)], []);
    await expectOnce(results, [startMs, startMs + minute]);
  });

  test("an append that was committed, and its answer lost, is counted once, whether it is asked for again or not", async () => {
    await using temp = await openTempPostgres();
    const lossy = losingAnswers(temp.store);
    const results = storeOn(lossy);
    await results.open();
    await results.append([resultAt(startMs)], []);
    lossy.lose(1);
    const lost = [resultAt(startMs + minute), resultAt(startMs + 2 * minute)];
    expect(await results.append(lost, []).catch((error: unknown) => error)).toMatchObject({ code: "unavailable" });
    const again = [resultAt(startMs + minute), resultAt(startMs + 3 * minute)];
    await results.append(again, []);
    const all = [0, 1, 2, 3].map((i) => startMs + i * minute);
    await expectOnce(results, all);
    expect((await results.after(0, 10)).map(({ sequence }) => sequence)).toContain(again[0]!.sequence);
    for (let i = 0; i < 60; i++) await results.append([resultAt(startMs + (i + 4) * minute)], []);
    for (let step = 0; step < 5; step++) await results.maintain(startMs);
    const rest = Array.from({ length: 60 }, (_, i) => startMs + (i + 4) * minute);
    await expectOnce(results, [...all, ...rest]);
    const next = storeOn(temp.store);
    await next.open();
    await expectOnce(next, [...all, ...rest]);
  });

  test("a new check whose first append was committed, and its answer lost, has one number", async () => {
    await using temp = await openTempPostgres();
    const lossy = losingAnswers(temp.store);
    const results = storeOn(lossy);
    await results.open();
    await results.append([], []);
    lossy.lose(1);
    await results.append([resultAt(startMs)], []).catch(() => {});
    await results.append([resultAt(startMs)], []);
    await expectOnce(results, [startMs]);
    expect(await temp.store.all("SELECT check_id FROM check_series")).toEqual([{ check_id: "chk_1" }]);
  });

  test("a second writer is refused what the first one has not seen, and loses nothing", async () => {
    await using temp = await openTempPostgres();
    const stores = [storeOn(temp.store), storeOn(temp.store)];
    for (const results of stores) await results.open();
    for (let i = 0; i < 6; i++) await stores[i % 2]!.append([resultAt(startMs + i * minute)], []);
    const third = storeOn(temp.store);
    await third.open();
    await expectOnce(third, [0, 1, 2, 3, 4, 5].map((i) => startMs + i * minute));
  });

  test("a counted result is counted once although the answer to each step of counting is lost", async () => {
    await using temp = await openTempPostgres();
    const lossy = losingAnswers(temp.store);
    const results = storeOn(lossy);
    await results.open();
    const slots = Array.from({ length: 100 }, (_, i) => startMs + i * 10_000);
    await results.append(slots.map(resultAt), []);
    for (let step = 0; step < 6; step++) {
      lossy.lose(1);
      await results.maintain(startMs).catch(() => {});
      await expectOnce(results, slots);
    }
    const minutes = await results.rollups("ten_1", "chk_1", "minute", startMs, startMs + 20 * minute);
    expect(minutes.map(({ up }) => up)).toEqual([...Array<number>(16).fill(6), 4]);
  });

  test("days of results go whole when their retention is over, but not before they are told", async () => {
    await using temp = await openTempPostgres();
    const clock = createFakeClock(startMs);
    const results = storeOn(temp.store, clock);
    await results.open();
    const days = async () => (await temp.store.all("SELECT 1 FROM pg_inherits WHERE inhparent = 'results'::regclass")).length;
    for (let i = 0; i < 100; i++) {
      await results.append([resultAt(clock.now())], []);
      clock.jump(day);
      for (let step = 0; step < 14; step++) await results.maintain(clock.now());
    }
    expect(await days()).toBe(102);
    results.markRelayed(100);
    for (let step = 0; step < 80; step++) {
      clock.jump(20_000);
      await results.maintain(clock.now());
    }
    // Ninety whole days lie behind the one that has just begun and the two that were made ahead.
    expect(await days()).toBe(92);
    expect(await results.history(newest)).toHaveLength(90);
  });

  test("of a check that was forgotten no result stays", async () => {
    await using temp = await openTempPostgres();
    const clock = createFakeClock(startMs);
    const results = storeOn(temp.store, clock);
    await results.open();
    await results.append([resultAt(startMs), { ...resultAt(startMs), checkId: "chk_2" }], []);
    await results.forget("ten_1", "chk_1");
    clock.jump(day);
    for (let step = 0; step < 14; step++) await results.maintain(clock.now());
    expect(await temp.store.all("SELECT check_id FROM results JOIN check_series USING (check_no)")).toEqual([{ check_id: "chk_2" }]);
  });
});

function resultAt(slotMs: number): StoredResult {
  const times = { startedAtMs: slotMs + 1, latencyMs: 5, dnsMs: Number.NaN, connectMs: 1, tlsMs: Number.NaN, firstByteMs: 2, transferMs: 1, lagMs: 1, probeLagMs: 0 };
  return { sequence: 0, tenantId: "ten_1", checkId: "chk_1", checkNo: 0, slotMs, ...times, status: "up", trigger: "schedule", code: 200, bodyBytes: 3, attempts: 1, lostSyns: 0, detail: undefined };
}
