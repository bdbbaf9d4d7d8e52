/** Counts between any two instants, against the results themselves. */
import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CountIntervalsRequestSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { resultStatuses, type ResultStatus, type StoredResult } from "#ports/results";
import { createSqliteResultStore } from "../../adapters/sqlite/results.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { countIntervals, type IntervalSources } from "./interval_counts.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2026, 0, 1);
const forEver = 10_000 * 24 * hourMs;

function resultAt(checkId: string, slotMs: number, status: ResultStatus): StoredResult {
  const times = { latencyMs: 10, dnsMs: Number.NaN, connectMs: 1, tlsMs: Number.NaN, firstByteMs: 1, transferMs: 1, lagMs: 0, probeLagMs: 0 };
  return { sequence: 0, tenantId: "ten_1", checkId, checkNo: 0, slotMs, startedAtMs: slotMs, status, trigger: "schedule", code: 200, bodyBytes: 1, attempts: 1, lostSyns: 0, detail: undefined, ...times };
}

const sourcesOf = (store: IntervalSources["store"], tenantId = "ten_1"): IntervalSources => ({ store, tenantId, seriesOf: (checkId) => [checkId], breathe: () => undefined });

/** Each check has a run at every step of its own; some slots are missed instead. */
const history = fc.record({
  everyMs: fc.constantFrom(7_000, 30_000, minuteMs, 5 * minuteMs),
  statuses: fc.array(fc.constantFrom(...resultStatuses, "missed" as const), { minLength: 10, maxLength: 40 }),
});
const interval = fc.tuple(fc.integer({ min: -hourMs, max: 8 * hourMs }), fc.integer({ min: 0, max: 4 * hourMs })).map(([from, length]) => ({ fromMs: startMs + from, toMs: startMs + from + length }));

test("they are exact, sealed or not, whatever second the interval begins and ends at", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 3 }), fc.array(interval, { minLength: 1, maxLength: 4 }), fc.boolean(), async (checks, intervals, seals) => {
      await using temp = await openTempStore();
      const clock = createFakeClock(startMs);
      const store = createSqliteResultStore({ store: temp.store, clock, retention: { resultsMs: forEver, minutesMs: forEver, hoursMs: forEver, daysMs: forEver }, logRows: 50 });
      await store.open();
      const slots = checks.flatMap(({ everyMs, statuses }, i) =>
        Array.from({ length: Math.min(600, Math.floor((6 * hourMs) / everyMs)) }, (_, n) => ({ checkId: `chk_${i}`, slotMs: startMs + n * everyMs, status: statuses[n % statuses.length]! })),
      );
      for (let at = 0; at < slots.length; at += 100) {
        const portion = slots.slice(at, at + 100);
        const results = portion.flatMap(({ checkId, slotMs, status }) => (status === "missed" ? [] : [resultAt(checkId, slotMs, status)]));
        const missed = portion.flatMap(({ checkId, slotMs, status }) => (status === "missed" ? [{ tenantId: "ten_1", checkId, firstSlotMs: slotMs, lastSlotMs: slotMs, count: 1, reason: "late" }] : []));
        await store.append(results, missed);
        store.markRelayed(at);
        if (seals) await store.maintain(clock.now());
      }
      const checkIds = [...checks.map((_, i) => `chk_${i}`), "chk_never"];
      const { items } = await countIntervals(sourcesOf(store), create(CountIntervalsRequestSchema, { intervals: intervals.map((one) => ({ ...one, checkIds })) }));
      const expected = intervals.map(({ fromMs, toMs }) => {
        const column = (wanted: string) => checkIds.map((id) => slots.filter(({ checkId, slotMs, status }) => checkId === id && status === wanted && slotMs >= fromMs && slotMs < toMs).length);
        return { up: column("up"), degraded: column("degraded"), down: column("down"), unknown: column("unknown"), missed: column("missed"), isEstimate: false };
      });
      expect(items).toEqual(expected);
    }),
    { numRuns: Number(process.env["UPTIMEPING_TEST_RUNS"] ?? 15) },
  );
}, 60_000);

test("of another tenant there is nothing", async () => {
  await using temp = await openTempStore();
  const store = createSqliteResultStore({ store: temp.store, clock: createFakeClock(startMs), retention: { resultsMs: forEver, minutesMs: forEver, hoursMs: forEver, daysMs: forEver } });
  await store.open();
  await store.append([resultAt("chk_1", startMs, "down")], []);
  const asked = create(CountIntervalsRequestSchema, { intervals: [{ checkIds: ["chk_1"], fromMs: startMs, toMs: startMs + 10 }] });
  expect((await countIntervals(sourcesOf(store, "ten_2"), asked)).items[0]!.down).toEqual([0]);
  expect((await countIntervals(sourcesOf(store), asked)).items[0]!.down).toEqual([1]);
});

test("when too many ends are asked for at once, some are the share of their hour, and the answer says so", async () => {
  await using temp = await openTempStore();
  const store = createSqliteResultStore({ store: temp.store, clock: createFakeClock(startMs), retention: { resultsMs: forEver, minutesMs: forEver, hoursMs: forEver, daysMs: forEver } });
  await store.open();
  await store.append(Array.from({ length: 60 }, (_, i) => resultAt("chk_1", startMs + i * minuteMs, i < 30 ? "up" : "down")), []);
  const asked = create(CountIntervalsRequestSchema, { intervals: Array.from({ length: 601 }, () => ({ checkIds: ["chk_1"], fromMs: startMs, toMs: startMs + hourMs / 2 })) });
  const { items } = await countIntervals(sourcesOf(store), asked);
  expect([items[599], items[600]]).toMatchObject([{ up: [30], down: [0], isEstimate: false }, { up: [15], down: [15], isEstimate: true }]);
});

test("the runs of a check at several locations are added up", async () => {
  await using temp = await openTempStore();
  const store = createSqliteResultStore({ store: temp.store, clock: createFakeClock(startMs), retention: { resultsMs: forEver, minutesMs: forEver, hoursMs: forEver, daysMs: forEver } });
  await store.open();
  await store.append([resultAt("chk_1", startMs, "down"), resultAt("chk_1@eu-1", startMs, "up"), resultAt("chk_1@us-1", startMs, "up"), resultAt("chk_2", startMs, "down")], []);
  const asked = create(CountIntervalsRequestSchema, { intervals: [{ checkIds: ["chk_1", "chk_2"], fromMs: startMs, toMs: startMs + 10 }] });
  const { items } = await countIntervals({ ...sourcesOf(store), seriesOf: (checkId) => [checkId, `${checkId}@eu-1`] }, asked);
  expect(items).toEqual([{ up: [1, 0], degraded: [0, 0], down: [1, 1], unknown: [0, 0], missed: [0, 0], isEstimate: false }]);
});
