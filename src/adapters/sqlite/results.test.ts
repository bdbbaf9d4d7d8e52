import { describe, expect, test } from "bun:test";
import type { StoredResult } from "#ports/results";
import { resultsConformance } from "#ports/results.conformance";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteResultStore } from "./results.ts";

const day = 86_400_000;
const retention = { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 1_000 * day };

describe("sqlite results", () => {
  resultsConformance(async () => {
    const temp = await openTempStore();
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    // Small logs, so that a short test rotates and seals many times.
    const start = () => createSqliteResultStore({ store: temp.store, clock, retention, logRows: 40 });
    return { store: start(), clock, crash: async () => start(), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });

  test("a log that was emptied in part when the process died is emptied further, and nothing in it counts again", async () => {
    await using temp = await openTempStore();
    const fake = createFakeClock(Date.UTC(2026, 0, 1));
    let looks = 0;
    // Time is up after each piece of work.
    const clock = { ...fake, monotonic: () => (looks += 20) };
    const start = async () => {
      const results = createSqliteResultStore({ store: temp.store, clock, retention, logRows: 40 });
      await results.open();
      return results;
    };
    const chunks = () => temp.store.get<{ left: number }>("SELECT count(*) AS left FROM result_chunks_a")!.left;
    let results = await start();
    for (let i = 0; i < 60; i++) await results.append([resultAt(fake.now() + i)], []);
    results.markRelayed(60);
    while (chunks() === 60) await results.maintain(fake.now());
    expect(chunks()).toBe(55);
    results = await start();
    const expectEverything = async () => {
      const history = await results.history({ tenantId: "ten_1", checkId: "chk_1", limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined });
      expect([history.length, new Set(history.map(({ slotMs }) => slotMs)).size]).toEqual([60, 60]);
      expect((await results.rollups("ten_1", "chk_1", "hour", Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1))[0]!.up).toBe(60);
    };
    await expectEverything();
    await fake.advance(3_600_000);
    while (chunks() > 0) await results.maintain(fake.now());
    await expectEverything();
  });

  test("what is past its retention goes in small steps, and nothing else", async () => {
    await using temp = await openTempStore();
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    const results = createSqliteResultStore({ store: temp.store, clock, retention: { resultsMs: 10 * day, minutesMs: day, hoursMs: 20 * day, daysMs: 30 * day }, logRows: 40 });
    await results.open();
    const firstMs = clock.now();
    for (let i = 0; i < 40; i++) {
      await results.append(Array.from({ length: 6 }, (_, n) => resultAt(clock.now() + n * 10_000)), []);
      results.markRelayed(6 * (i + 1));
      await clock.advance(day);
      for (let step = 0; step < 8; step++) await results.maintain(clock.now());
    }
    const daysOf = async (tier: "minute" | "hour" | "day") => new Set((await results.rollups("ten_1", "chk_1", tier, firstMs, clock.now())).map(({ bucketMs }) => Math.floor(bucketMs / day))).size;
    const history = await results.history({ tenantId: "ten_1", checkId: "chk_1", limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined });
    expect([history.length / 6, await daysOf("hour"), await daysOf("day")]).toEqual([10, 20, 30]);
    const stored = (what: string) => temp.store.get<{ n: number }>(`SELECT count(*) AS n FROM ${what}`)!.n;
    expect([stored("result_segments"), stored("result_blocks")]).toEqual([10, 10]);
    expect(stored("rollups WHERE tier = 0")).toBeLessThanOrEqual(2);
  });
});

function resultAt(slotMs: number): StoredResult {
  const times = { startedAtMs: slotMs + 1, latencyMs: 5, dnsMs: Number.NaN, connectMs: 1, tlsMs: Number.NaN, firstByteMs: 2, transferMs: 1, lagMs: 1, probeLagMs: 0 };
  return { sequence: 0, tenantId: "ten_1", checkId: "chk_1", checkNo: 0, slotMs, ...times, status: "up", trigger: "schedule", code: 200, bodyBytes: 3, attempts: 1, lostSyns: 0, detail: undefined };
}
