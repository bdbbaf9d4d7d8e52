import { expect, test } from "bun:test";
import { columnsOf, instantsOf, marksWithin, rangeAsQuery, rangeIn, shifted, toldColumns, zoomBy, zoomTo } from "./latency_data.ts";
import type { LatencyPoint } from "./latency_types.ts";

const start = Date.UTC(2026, 2, 1);
const minute = 60_000;
const hour = 60 * minute;

function point(afterMs: number, more: Partial<LatencyPoint> = {}): LatencyPoint {
  return { at: new Date(start + afterMs).toISOString(), count: 1, avgMs: 20, p50Ms: 20, p95Ms: 30, p99Ms: 40, maxMs: 41, down: 0, phases: null, ...more };
}

const phases = (dnsMs: number, firstByteMs: number) => ({ dnsMs, connectMs: 1, tlsMs: 0, firstByteMs, transferMs: 2 });

test("a time of which nothing is known is a gap in every line, and a late step is not", () => {
  const columns = columnsOf({ stepMs: minute, points: [point(0), point(2 * minute), point(10 * minute)] });
  expect(columns.x).toEqual([0, 2, 3, 10].map((minutes) => (start + minutes * minute) / 1000));
  expect(columns.quantiles.p95).toEqual([30, 30, null, 30]);
  expect(toldColumns(columns)).toEqual([0, 1, 3]);
});

test("a step in which every run failed has no latency but a point of its own", () => {
  const columns = columnsOf({ stepMs: minute, points: [point(0), point(minute, { p50Ms: null, p95Ms: null, p99Ms: null, count: 0, down: 3 })] });
  expect(columns.quantiles.p50).toEqual([20, null]);
  expect(columns.points[1]?.down).toBe(3);
});

test("phases stand on each other, those that no run had are left out, and where they are not known is nothing", () => {
  const { phases: stack } = columnsOf({ stepMs: minute, points: [point(0), point(minute, { phases: phases(3, 10) }), point(2 * minute, { phases: phases(0, 5) })] });
  expect(stack.map(({ key, top }) => [key, top])).toEqual([
    ["dnsMs", [null, 3, 0]],
    ["connectMs", [null, 4, 1]],
    ["firstByteMs", [null, 14, 6]],
    ["transferMs", [null, 16, 8]],
  ]);
});

test("what was drawn over, in either direction, is what is shown; never less than five minutes, never beyond now", () => {
  const now = start + 10 * hour;
  expect(zoomTo(start + 2 * hour, start + hour, now)).toEqual({ fromMs: start + hour, toMs: start + 2 * hour });
  expect(zoomTo(start + hour, start + hour + 1_000, now)).toEqual({ fromMs: start + hour + 500 - 2.5 * minute, toMs: start + hour + 500 + 2.5 * minute });
  expect(zoomTo(now - minute, now, now)).toEqual({ fromMs: now - 5 * minute, toMs: now });
});

test("zooming in keeps the chosen instant where it is, and out again shows twice as much, a year at most", () => {
  const now = start + 10 * hour;
  const range = { fromMs: start, toMs: start + 4 * hour };
  expect(zoomBy(range, "in", { nowMs: now, atMs: start + hour })).toEqual({ fromMs: start + hour / 2, toMs: start + 2.5 * hour });
  expect(zoomBy({ window: "1h" }, "out", { nowMs: now })).toEqual({ fromMs: now - 2 * hour, toMs: now });
  const year = instantsOf(zoomBy({ window: "365d" }, "out", { nowMs: now }), now);
  expect(year.toMs - year.fromMs).toBe(365 * 24 * hour);
});

test("one step to the side is half a picture, and the future is not shown", () => {
  const now = start + 10 * hour;
  expect(shifted({ window: "6h" }, -1, now)).toEqual({ fromMs: now - 9 * hour, toMs: now - 3 * hour });
  expect(shifted({ fromMs: now - 3 * hour, toMs: now - hour / 2 }, 1, now)).toEqual({ fromMs: now - 2.5 * hour, toMs: now });
});

test("of a mark is drawn what lies in the picture", () => {
  const marks = [
    { kind: "incident", fromMs: start - hour, toMs: start + hour },
    { kind: "maintenance", fromMs: start + 5 * hour, toMs: start + 6 * hour },
  ] as const;
  expect(marksWithin(marks, { fromMs: start, toMs: start + 3 * hour })).toEqual([{ kind: "incident", fromMs: start, toMs: start + hour }]);
});

test("the address says what is shown, and nonsense in it shows a day", () => {
  for (const range of [{ window: "30d" } as const, { fromMs: start, toMs: start + hour }]) expect(rangeIn(new URLSearchParams(rangeAsQuery(range)))).toEqual(range);
  for (const nonsense of ["", "window=2h", "from=x&to=y", "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z"]) expect(rangeIn(new URLSearchParams(nonsense))).toEqual({ window: "24h" });
});
