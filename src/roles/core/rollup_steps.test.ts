import { expect, test } from "bun:test";
import { bucketOf } from "#kernel/latency_histogram";
import type { StoredRollup } from "#ports/results";
import { inSteps } from "./rollup_steps.ts";

const day = 86_400_000;
const minute = 60_000;
const today = Date.UTC(2026, 0, 31);

function rollup(bucketMs: number, latencyMs: number, counts: Partial<StoredRollup> = {}): StoredRollup {
  return { bucketMs, up: 1, degraded: 0, down: 0, unknown: 0, missed: 0, latencySumMs: latencyMs, latencyMinMs: latencyMs, latencyMaxMs: latencyMs, histogram: [bucketOf(latencyMs), 1], ...counts };
}

const unobserved = { up: 0, unknown: 2, missed: 3, latencySumMs: 0, latencyMinMs: 0, latencyMaxMs: 0, histogram: [] };

test("there are never more points than asked for, and not many fewer", () => {
  const rollups = Array.from({ length: 365 }, (_, i) => rollup(today - (364 - i) * day, 5));
  for (const points of [1, 2, 10, 100, 364, 365, 1_000]) {
    const { items } = inSteps(rollups, { tier: "day", untilMs: today + day, points });
    expect(items.length).toBeLessThanOrEqual(Math.max(2, points));
    expect(items.length).toBeGreaterThan(points >= 365 ? 364 : points / 2.1);
    expect(items.reduce((sum, { up }) => sum + up, 0)).toBe(365);
  }
});

test("a step adds up all that its buckets say, and one in which nothing was observed has no say in the extremes", () => {
  const rollups = [rollup(today, 10, { degraded: 1 }), rollup(today + minute, 0, unobserved), rollup(today + 2 * minute, 3, { down: 4 }), rollup(today + 19 * minute, 7)];
  const { items, stepMs } = inSteps(rollups, { tier: "minute", untilMs: today + 20 * minute, points: 11 });
  expect(stepMs).toBe(2 * minute);
  expect(items[0]).toEqual(rollup(today, 10, { degraded: 1, unknown: 2, missed: 3 }));
  const { items: whole } = inSteps(rollups, { tier: "minute", untilMs: today + 20 * minute, points: 3 });
  expect(whole[0]).toEqual({
    ...rollup(today, 13, { up: 2, degraded: 1, down: 4, unknown: 2, missed: 3 }),
    latencyMinMs: 3,
    latencyMaxMs: 10,
    histogram: [bucketOf(3), 1, bucketOf(10), 1],
  });
});

test("a young check has its points where it has something to show, and without a number of points nothing is added up", () => {
  const rollups = Array.from({ length: 30 }, (_, i) => rollup(today + i * minute, 5));
  expect(inSteps(rollups, { tier: "minute", untilMs: today + 30 * minute, points: 100 })).toEqual({ items: rollups, stepMs: minute });
  expect(inSteps(rollups, { tier: "minute", untilMs: today + day, points: 0 })).toEqual({ items: rollups, stepMs: minute });
  expect(inSteps([], { tier: "hour", untilMs: today, points: 10 })).toEqual({ items: [], stepMs: 60 * minute });
});
