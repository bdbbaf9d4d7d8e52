/** The law for every store of results. */
import { expect, test } from "bun:test";
import type { FakeClock } from "../testing/fake_clock.ts";
import type { HistoryQuery, MissedSlots, ResultStatus, ResultStore, StoredResult } from "./results.ts";

export interface ResultsUnderTest extends AsyncDisposable {
  store: ResultStore;
  clock: FakeClock;
  /** The process dies without a word and another opens the same store. */
  crash(): Promise<ResultStore>;
}

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

function result(slotMs: number, fields: Partial<StoredResult> = {}): StoredResult {
  return {
    sequence: 0,
    tenantId: "ten_1",
    checkId: "chk_1",
    checkNo: 0,
    slotMs,
    startedAtMs: slotMs + 2,
    status: "up",
    trigger: "schedule",
    latencyMs: 12.5,
    dnsMs: Number.NaN,
    connectMs: 0.25,
    tlsMs: Number.NaN,
    firstByteMs: 11,
    transferMs: 0.5,
    lagMs: 2,
    code: 200,
    bodyBytes: 512,
    attempts: 1,
    probeLagMs: 0.5,
    lostSyns: 0,
    detail: undefined,
    ...fields,
  };
}

function failed(slotMs: number): StoredResult {
  const error = { kind: "http_status", message: "status 503, expected 200-299", hash: "abc" };
  return result(slotMs, { status: "down", code: 503, detail: { error, observed: { status: 503 }, assertions: [{ ok: false }], attempts: [] } });
}

const newest: HistoryQuery = { tenantId: "ten_1", checkId: "chk_1", limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined };

async function settle(store: ResultStore, clock: FakeClock, spanMs = 10 * minute): Promise<void> {
  for (let passed = 0; passed < spanMs; passed += 15_000) {
    await clock.advance(15_000);
    for (let step = 0; step < 5; step++) await store.maintain(clock.now());
  }
}

const slotsOf = (results: StoredResult[]) => results.map((one) => one.slotMs);

export function resultsConformance(open: () => Promise<ResultsUnderTest>): void {
  test("a stored result reads back as it was, to the microsecond", async () => {
    await using at = await open();
    await at.store.open();
    const one = failed(start);
    await at.store.append([one], []);
    const [read] = await at.store.history(newest);
    expect(read).toEqual({ ...one, sequence: 1, startedAtMs: start + 2 });
  });

  test("history is newest first, in pages, by status and by time", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 10; i++) await at.store.append([i % 3 === 0 ? failed(start + i * minute) : result(start + i * minute)], []);
    const page = await at.store.history({ ...newest, limit: 4 });
    expect(slotsOf(page)).toEqual([9, 8, 7, 6].map((i) => start + i * minute));
    expect(slotsOf(await at.store.history({ ...newest, limit: 4, beforeMs: page.at(-1)!.slotMs }))).toEqual([5, 4, 3, 2].map((i) => start + i * minute));
    expect((await at.store.history({ ...newest, status: "down" })).length).toBe(4);
    expect(slotsOf(await at.store.history({ ...newest, fromMs: start + 8 * minute }))).toEqual([start + 9 * minute, start + 8 * minute]);
  });

  test("a few failures among many sealed results are found, page by page", async () => {
    await using at = await open();
    await at.store.open();
    const bad = new Set([3, 77, 78, 301, 399]);
    for (let i = 0; i < 400; i++) {
      await at.store.append([bad.has(i) ? failed(start + i * minute) : result(start + i * minute)], []);
      at.store.markRelayed(i + 1);
      await at.store.maintain(at.clock.now());
    }
    await settle(at.store, at.clock);
    const first = await at.store.history({ ...newest, status: "down", limit: 3 });
    expect(slotsOf(first)).toEqual([399, 301, 78].map((i) => start + i * minute));
    expect(slotsOf(await at.store.history({ ...newest, status: "down", limit: 3, beforeMs: first.at(-1)!.slotMs }))).toEqual([77, 3].map((i) => start + i * minute));
    expect(await at.store.history({ ...newest, status: "unknown" })).toEqual([]);
  });

  test("another tenant sees nothing of it", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([failed(start)], [gap(start - minute, start - minute, 1)]);
    expect(await at.store.history({ ...newest, tenantId: "ten_2" })).toEqual([]);
    expect(await at.store.rollups("ten_2", "chk_1", "hour", 0, start * 2)).toEqual([]);
    expect(await at.store.missed("ten_2", "chk_1", 0, start * 2)).toEqual([]);
    expect(await at.store.runCounts({ tenantId: "ten_2", checkIds: ["chk_1"], tier: "hour", fromMs: start, toMs: start + 1 })).toEqual([]);
  });

  test("what was stored is there after a crash, rollups and tails included, however often it crashes", async () => {
    await using at = await open();
    await at.store.open();
    let store = at.store;
    for (let i = 0; i < 30; i++) {
      await store.append([i % 5 === 0 ? failed(start + i * minute) : result(start + i * minute)], []);
      if (i % 7 === 0) await settle(store, at.clock, minute);
      if (i % 10 === 9) {
        store = await at.crash();
        const [tail] = await store.open();
        expect(tail!.lastSlotMs).toBe(start + i * minute);
      }
    }
    expect((await store.history(newest)).length).toBe(30);
    const [hour] = await store.rollups("ten_1", "chk_1", "hour", start, start + 60 * minute);
    expect([hour!.up, hour!.down]).toEqual([24, 6]);
    expect(hour!.latencySumMs).toBeCloseTo(30 * 12.5, 6);
  });

  test("sealing loses and doubles nothing, a crash in its middle included", async () => {
    await using at = await open();
    let store = at.store;
    await store.open();
    for (let i = 0; i < 400; i++) {
      await store.append([result(start + i * minute), result(start + i * minute, { checkId: "chk_2" })], []);
      store.markRelayed(2 * (i + 1));
      await store.maintain(at.clock.now());
      if (i % 41 === 40) {
        store = await at.crash();
        await store.open();
      }
    }
    await settle(store, at.clock);
    for (const checkId of ["chk_1", "chk_2"]) {
      const slots = slotsOf(await store.history({ ...newest, checkId }));
      expect(slots).toEqual(Array.from({ length: 400 }, (_, i) => start + (399 - i) * minute));
    }
    const days = await store.rollups("ten_1", "chk_1", "day", start, start + 400 * minute);
    expect(days.reduce((sum, day) => sum + day.up, 0)).toBe(400);
  });

  test("minutes are counted for checks that run more often than that", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 180; i++) await at.store.append([result(start + i * 1_000)], []);
    const minutes = await at.store.rollups("ten_1", "chk_1", "minute", start, start + 3 * minute);
    expect(minutes.map((bucket) => bucket.up)).toEqual([60, 60, 60]);
  });

  test("of a check that runs once a minute the minutes are its results", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 90; i++) await at.store.append([i === 5 ? failed(start + i * minute) : result(start + i * minute)], []);
    at.store.markRelayed(90);
    await settle(at.store, at.clock);
    const minutes = await at.store.rollups("ten_1", "chk_1", "minute", start, start + 90 * minute);
    expect(minutes.map((bucket) => [bucket.bucketMs, bucket.up, bucket.down])).toEqual(
      Array.from({ length: 90 }, (_, i) => [start + i * minute, i === 5 ? 0 : 1, i === 5 ? 1 : 0]),
    );
  });

  test("missed slots are kept with their reason and spread over the buckets they lie in", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start + 120 * minute)], [gap(start + 30 * minute, start + 119 * minute, 90)]);
    expect(await at.store.missed("ten_1", "chk_1", start, start + 120 * minute)).toEqual([gap(start + 30 * minute, start + 119 * minute, 90)]);
    const hours = await at.store.rollups("ten_1", "chk_1", "hour", start, start + 180 * minute);
    expect(hours.map((hour) => [hour.missed, hour.up])).toEqual([[30, 0], [60, 0], [0, 1]]);
  });

  test("many checks are counted at once, bucket by bucket, sealed or not", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start, { checkId: "chk_3" })], []);
    for (let i = 0; i < 150; i++) {
      const fields = { checkId: "chk_2", status: i % 2 === 0 ? "degraded" : "unknown" } as const;
      await at.store.append([i === 5 ? failed(start + i * minute) : result(start + i * minute), result(start + i * minute, fields)], i === 149 ? [gap(start + 150 * minute, start + 189 * minute, 40)] : []);
      at.store.markRelayed(1 + 2 * (i + 1));
      if (i < 100) await at.store.maintain(at.clock.now());
    }
    const query = { tenantId: "ten_1", checkIds: ["chk_1", "chk_2", "chk_never"], tier: "hour", fromMs: start + 1, toMs: start + 240 * minute } as const;
    const counted = [
      { checkId: "chk_1", up: [59, 60, 30, 0], degraded: [0, 0, 0, 0], down: [1, 0, 0, 0], unknown: [0, 0, 0, 0], missed: [0, 0, 30, 10] },
      { checkId: "chk_2", up: [0, 0, 0, 0], degraded: [30, 30, 15, 0], down: [0, 0, 0, 0], unknown: [30, 30, 15, 0], missed: [0, 0, 0, 0] },
    ];
    expect((await at.store.runCounts(query)).toSorted((a, b) => (a.checkId < b.checkId ? -1 : 1))).toEqual(counted);
    await settle(at.store, at.clock);
    expect((await at.store.runCounts(query)).toSorted((a, b) => (a.checkId < b.checkId ? -1 : 1))).toEqual(counted);
    const [day] = await at.store.runCounts({ ...query, checkIds: ["chk_1"], tier: "day" });
    expect([day!.up, day!.down, day!.missed]).toEqual([[149], [1], [40]]);
  });

  test("history is in the order of the slots, whenever its results came, and no page of it skips one", async () => {
    await using at = await open();
    await at.store.open();
    const order = [0, 3, 1, 2, 60, 5, 4];
    for (const i of order) await at.store.append([result(start + i * minute)], []);
    const seen: number[] = [];
    for (let beforeMs = Number.MAX_SAFE_INTEGER; ; beforeMs = start + seen.at(-1)! * minute) {
      const page = await at.store.history({ ...newest, limit: 2, beforeMs });
      if (page.length === 0) break;
      seen.push(...page.map(({ slotMs }) => (slotMs - start) / minute));
    }
    expect(seen).toEqual(order.toSorted((a, b) => b - a));
  });

  test("series of one check are kept apart, and each is forgotten by itself", async () => {
    await using at = await open();
    await at.store.open();
    const series = ["chk_1", "chk_1@eu-1", "chk_1@us-1"];
    const missed = { ...gap(start - minute, start - minute, 1), checkId: "chk_1@us-1" };
    for (let i = 0; i < 3; i++) {
      const results = series.map((checkId) => result(start + i * minute, { checkId, status: checkId === "chk_1@eu-1" ? "down" : "up" }));
      await at.store.append(results, i === 0 ? [missed] : []);
    }
    await at.store.forget("ten_1", "chk_1");
    const again = await at.crash();
    const tails = await again.open();
    expect(tails.map((tail) => tail.checkId).sort()).toEqual(series.slice(1));
    for (const checkId of series) expect(slotsOf(await again.history({ ...newest, checkId }))).toHaveLength(checkId === "chk_1" ? 0 : 3);
    expect([await again.missed("ten_1", "chk_1@eu-1", 0, start), await again.missed("ten_1", "chk_1@us-1", 0, start)].map((gaps) => gaps.length)).toEqual([0, 1]);
    const counts = await again.runCounts({ tenantId: "ten_1", checkIds: series, tier: "hour", fromMs: start, toMs: start + 1 });
    expect(counts.map(({ checkId, up, down }) => `${checkId} ${up.join()} ${down.join()}`).sort()).toEqual(["chk_1@eu-1 0 3", "chk_1@us-1 3 0"]);
  });

  test("results of checks that are gone do not hide those after them from being told", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 20; i++) await at.store.append([result(start + i * minute, { checkId: "chk_gone" })], []);
    await at.store.append([result(start)], []);
    await at.store.forget("ten_1", "chk_gone");
    expect((await at.store.after(0, 10)).map(({ checkId }) => checkId)).toEqual(["chk_1"]);
  });

  test("of a check whose interval changed every minute is counted once", async () => {
    await using at = await open();
    await at.store.open();
    let slotMs = start;
    for (const everyMs of [10_000, minute, 20_000]) {
      for (let i = 0; i < 60; i++, slotMs += everyMs) await at.store.append([result(slotMs)], []);
      at.store.markRelayed(Number.MAX_SAFE_INTEGER);
      await settle(at.store, at.clock, minute);
    }
    const minutes = await at.store.rollups("ten_1", "chk_1", "minute", start, slotMs);
    expect(minutes.map(({ up }) => up)).toEqual([...Array<number>(10).fill(6), ...Array<number>(60).fill(1), ...Array<number>(20).fill(3)]);
  });

  test("a batch with an impossible slot is refused, and takes no other along that shares its commit", async () => {
    await using at = await open();
    await at.store.open();
    const asked = await Promise.allSettled([at.store.append([result(start)], []), at.store.append([result(Number.NaN, { checkId: "chk_2" })], [])]);
    expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(slotsOf(await at.store.history(newest))).toEqual([start]);
  });

  test("results after a sequence come in order, and the mark is remembered", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start), failed(start + minute), result(start + 2 * minute)], []);
    at.store.markRelayed(1);
    await settle(at.store, at.clock, minute);
    const again = await at.crash();
    await again.open();
    expect(again.relayed()).toBe(1);
    const later = await again.after(1, 10);
    expect(later.map((one) => [one.sequence, one.slotMs, one.detail?.error?.kind])).toEqual([[2, start + minute, "http_status"], [3, start + 2 * minute, undefined]]);
  });

  test("a result that was not told yet outlives the sealing of its log", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 100; i++) await at.store.append([result(start + i * minute)], []);
    await settle(at.store, at.clock);
    const again = await at.crash();
    await again.open();
    expect((await again.after(0, 1_000)).length).toBe(100);
    expect((await again.history(newest)).length).toBe(100);
  });

  test("a slot that was missed after the newest result is accounted for after a crash", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start)], [gap(start + minute, start + 2 * minute, 2)]);
    const [tail] = await (await at.crash()).open();
    expect(tail!.lastSlotMs).toBe(start + 2 * minute);
  });

  test("no sequence is given out twice, even when everything was told and sealed at the instant of a crash", async () => {
    await using at = await open();
    await at.store.open();
    for (let i = 0; i < 20; i++) await at.store.append([result(start + i * minute)], []);
    await at.clock.advance(61 * minute);
    for (let step = 0; step < 20; step++) await at.store.maintain(at.clock.now());
    at.store.markRelayed(10);
    await at.store.maintain(at.clock.now());
    at.store.markRelayed(20);
    for (let step = 0; step < 3; step++) await at.store.maintain(at.clock.now());
    const again = await at.crash();
    await again.open();
    const next = result(start + 20 * minute);
    await again.append([next], []);
    expect(next.sequence).toBeGreaterThan(20);
  });

  test("the first result of a check that comes while its log is closed outlives that log", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start)], []);
    await at.clock.advance(61 * minute);
    await Promise.all([at.store.maintain(at.clock.now()), at.store.append([result(start, { checkId: "chk_2" })], [])]);
    at.store.markRelayed(2);
    for (let step = 0; step < 20; step++) await at.store.maintain(at.clock.now());
    const again = await at.crash();
    await again.open();
    for (const checkId of ["chk_1", "chk_2"]) expect(slotsOf(await again.history({ ...newest, checkId }))).toEqual([start]);
  });

  test("an append that fails leaves a new check as unknown as it was", async () => {
    await using at = await open();
    await at.store.open();
    const broken = { ...failed(start + minute), slotMs: 0.5 };
    await expect(at.store.append([result(start), broken], [])).rejects.toThrow();
    await at.store.append([result(start)], []);
    const again = await at.crash();
    await again.open();
    expect(slotsOf(await again.history(newest))).toEqual([start]);
  });

  test("an append that was under way when its check was forgotten does not bring it back", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start)], []);
    await Promise.all([at.store.append([failed(start + minute)], []), at.store.forget("ten_1", "chk_1")]);
    expect(await (await at.crash()).open()).toEqual([]);
  });

  test("a forgotten check leaves nothing behind, and its neighbour stays", async () => {
    await using at = await open();
    await at.store.open();
    await at.store.append([failed(start), result(start, { checkId: "chk_2" })], []);
    await at.store.forget("ten_1", "chk_1");
    const again = await at.crash();
    const tails = await again.open();
    expect(tails.map((tail) => tail.checkId)).toEqual(["chk_2"]);
    expect(await again.history(newest)).toEqual([]);
    // Another check never inherits what was counted for it.
    await again.append([result(start, { checkId: "chk_3" })], []);
    const [hour] = await again.rollups("ten_1", "chk_3", "hour", start, start + 1);
    expect([hour!.up, hour!.down]).toEqual([1, 0]);
  });

  test.each(["up", "degraded", "down", "unknown"] as ResultStatus[])("a result that is %s is counted as that", async (status) => {
    await using at = await open();
    await at.store.open();
    await at.store.append([result(start, { status })], []);
    const [hour] = await at.store.rollups("ten_1", "chk_1", "hour", start, start + 1);
    expect(hour![status]).toBe(1);
  });
}

function gap(firstSlotMs: number, lastSlotMs: number, count: number): MissedSlots {
  return { tenantId: "ten_1", checkId: "chk_1", firstSlotMs, lastSlotMs, count, reason: "process_down" };
}
