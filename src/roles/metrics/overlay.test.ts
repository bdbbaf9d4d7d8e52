/** Uptime under maintenance and corrections, against a count of the runs one by one. */
import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { IntervalCountsSchema, RollupSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { OverlaySchema } from "#contracts/uptimeping/incident/v1/incident_pb";
import { correctionsOf, createMoveCounter, movesOf } from "./overlay.ts";
import { type Columns, columnsOfRollups, uptimeOf } from "./uptime.ts";

const hourMs = 3_600_000;
const range = { fromMs: 0, toMs: 10 * hourMs - 1, stepMs: hourMs };
const outcomes = ["up", "degraded", "down", "unknown", "missed"] as const;
type Outcome = (typeof outcomes)[number] | "maintenance";

const slot = fc.record({ atMs: fc.integer({ min: -hourMs, max: 10 * hourMs - 1 }), was: fc.constantFrom(...outcomes) });
const checks = fc.array(fc.array(slot, { maxLength: 60 }), { minLength: 1, maxLength: 4 });
const span = fc.record({
  fromMs: fc.integer({ min: -2 * hourMs, max: 10 * hourMs }),
  lengthMs: fc.integer({ min: 1, max: 4 * hourMs }),
  countAs: fc.constantFrom("up", "down", "unknown", "maintenance"),
  isCorrection: fc.boolean(),
  checks: fc.subarray(["chk_0", "chk_1", "chk_2", "chk_3", "chk_of_nobody"], { minLength: 1 }),
});

/** What it counts as in the end: the newest span over it holds, corrections against maintenance. */
function countedAs(id: string, { atMs, was }: { atMs: number; was: Outcome }, spans: { fromMs: number; toMs: number; countAs: string; ids: string[] }[]): Outcome {
  const holds = spans.findLast((one) => one.ids.includes(id) && atMs >= one.fromMs && atMs < one.toMs);
  if (!holds || (was === "missed" && holds.countAs !== "maintenance")) return was;
  return holds.countAs as Outcome;
}

test("every run is counted once, as what it was or as what the newest span over it says", async () => {
  await fc.assert(
    fc.asyncProperty(checks, fc.array(span, { maxLength: 8 }), async (histories, wished) => {
      const spans = wished
        .map(({ fromMs, lengthMs, countAs, isCorrection, checks: ids }) => ({ fromMs, toMs: fromMs + lengthMs, countAs: isCorrection ? countAs : "maintenance", isCorrection, ids }))
        .sort((a, b) => Number(a.isCorrection) - Number(b.isCorrection));
      const overlay = create(OverlaySchema, { spans: spans.map((one, selection) => ({ ...one, selection })), selections: spans.map(({ ids }) => ({ checkIds: ids })) });
      const inRange = histories.map((slots) => slots.filter(({ atMs }) => atMs >= 0));
      const countOf = (i: number, from: number, to: number, outcome: string) => inRange[i]!.filter(({ atMs, was }) => was === outcome && atMs >= from && atMs < to).length;
      const columns = new Map<string, Columns>(
        histories.map((_, i) => {
          const rollups = Array.from({ length: 10 }, (_unused, hour) =>
            create(RollupSchema, { bucketMs: hour * hourMs, ...Object.fromEntries(outcomes.map((outcome) => [outcome, countOf(i, hour * hourMs, (hour + 1) * hourMs, outcome)])) }),
          );
          return [`chk_${i}`, columnsOfRollups(rollups, range)] as const;
        }),
      );
      const moves = movesOf(overlay, [...columns.keys()], range);
      const { apply } = createMoveCounter();
      await apply(columns, moves, async (intervals) =>
        intervals.map(({ checkIds, fromMs, toMs }) =>
          create(IntervalCountsSchema, Object.fromEntries(outcomes.map((outcome) => [outcome, checkIds!.map((id) => countOf(Number(id.slice(4)), fromMs!, toMs!, outcome))]))),
        ),
      );

      for (const [i, slots] of inRange.entries()) {
        const id = `chk_${i}`;
        const shown = uptimeOf({ checkId: id, window: "24h", range, columns: columns.get(id)!, corrections: correctionsOf(overlay).get(id) ?? 0 });
        const finals = slots.map((one) => countedAs(id, one, spans));
        const count = (...wanted: Outcome[]) => finals.filter((outcome) => wanted.includes(outcome)).length;
        const observed = count("up", "degraded", "down");
        const due = observed + count("unknown", "missed");
        expect([shown.up, shown.degraded, shown.down, shown.unknown, shown.missed, shown.maintenance]).toEqual([count("up"), count("degraded"), count("down"), count("unknown"), count("missed"), count("maintenance")]);
        expect(shown.ratio).toBe(observed === 0 ? undefined : count("up", "degraded") / observed);
        expect(shown.coverage).toBe(due === 0 ? undefined : observed / due);
        for (const [hour, bucket] of shown.buckets!.entries()) {
          const within = slots.filter(({ atMs }) => Math.floor(atMs / hourMs) === hour).map((one) => countedAs(id, one, spans));
          expect([bucket.up, bucket.down, bucket.maintenance]).toEqual([within.filter((one) => one === "up" || one === "degraded").length, within.filter((one) => one === "down").length, within.filter((one) => one === "maintenance").length]);
        }
        expect(shown.corrections).toBe(spans.filter((one) => one.isCorrection && one.ids.includes(id)).length);
      }
    }),
    { numRuns: Number(process.env["UPTIMEPING_TEST_RUNS"] ?? 300) },
  );
});

test("a thousand checks under the same nights are worked out once, and nothing is asked when nothing lies over them", () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `chk_${i}`);
  const nights = Array.from({ length: 10 }, (_, i) => ({ fromMs: i * hourMs + 1, toMs: i * hourMs + 2, countAs: "maintenance", selection: 0 }));
  expect(movesOf(create(OverlaySchema, { spans: nights, selections: [{ checkIds: ids }] }), ids, range)).toHaveLength(10);
  expect(movesOf(create(OverlaySchema, {}), ids, range)).toEqual([]);
});

test("what lay in the past is asked for once, until its bucket changes; an estimate is asked for again", async () => {
  const overlay = create(OverlaySchema, { spans: [{ fromMs: 1, toMs: 1_000, countAs: "maintenance", selection: 0 }], selections: [{ checkIds: ["chk_0"] }] });
  const { apply } = createMoveCounter();
  const asked = async (down: number, isEstimate = false) => {
    const columns = new Map([["chk_0", columnsOfRollups([create(RollupSchema, { bucketMs: 0, up: 5, down })], range)]]);
    let questions = 0;
    await apply(columns, movesOf(overlay, ["chk_0"], range), async (intervals) => {
      questions += intervals.length;
      return [create(IntervalCountsSchema, { up: [0], degraded: [0], down: [2], unknown: [0], missed: [0], isEstimate })];
    });
    expect([columns.get("chk_0")!.down[0], columns.get("chk_0")!.maintenance[0]]).toEqual([down - 2, 2]);
    return questions;
  };
  expect([await asked(3, true), await asked(3), await asked(3), await asked(4), await asked(4)]).toEqual([1, 1, 0, 1, 0]);
});
