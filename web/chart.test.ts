import { describe, expect, test } from "bun:test";
import { bucketTone, latencyShape, linePath, niceTop, phaseShares, sparkline, stripPaths, stripSummary } from "./chart.ts";
import type { LatencyPoint } from "./types.ts";

function point(minute: number, p50Ms: number | null, down = 0): LatencyPoint {
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return { at, count: 1, avgMs: p50Ms, p50Ms, p95Ms: p50Ms, p99Ms: p50Ms, maxMs: p50Ms, down };
}

describe("chart", () => {
  test("an axis ends at a round number that is not below the data", () => {
    expect([0, 0.3, 1, 1.2, 41, 200, 201, 7000].map(niceTop)).toEqual([1, 0.5, 1, 2, 50, 200, 250, 10_000]);
    expect(niceTop(Number.NaN)).toBe(1);
  });

  test("a line breaks where there is no value, and a lone value is a dot", () => {
    expect(linePath([[0, 1], [1, 2], [2, null], [3, 4], [4, null]])).toBe("M0 1L1 2M3 4h0.01");
    expect(linePath([])).toBe("");
  });

  test("points stand where their time is, and a hole in time is a hole in the line", () => {
    const shape = latencyShape([point(0, 10), point(1, 20), point(2, 10), point(10, 40, 2)], 1000, 100);
    expect(shape.top).toBe(50);
    expect(shape.x(1)).toBe(100);
    expect(shape.failures).toEqual([1000]);
    expect(shape.p50).toBe("M0 80L100 60L200 80M1000 20h0.01");
  });

  test("one point alone stands in the middle", () => {
    expect(latencyShape([point(0, 10)], 1000, 100).p50).toBe("M500 0h0.01");
    expect(latencyShape([], 1000, 100).p50).toBe("");
  });

  test("a strip is one path a kind, right-aligned, failures highest", () => {
    const paths = stripPaths("uud", 4, 20);
    expect(paths.map(({ name }) => name)).toEqual(["up", "down"]);
    expect(paths[0]!.path).toBe("M4 8h3v12h-3zM8 8h3v12h-3z");
    expect(paths[1]!.path).toBe("M12 0h3v20h-3z");
  });

  test("a strip says in words what it shows", () => {
    expect(stripSummary("uuudm")).toBe("last 5 results: 3 up, 1 down, 1 missed");
    expect(stripSummary("")).toBe("no results yet");
  });

  test("phases share the bar and leave out what did not happen", () => {
    const parts = phaseShares({ dnsMs: 1, connectMs: 1, firstByteMs: 2 });
    expect(parts.map(({ name, from, share }) => [name, from, share])).toEqual([["DNS", 0, 25], ["Connect", 25, 25], ["First byte", 50, 50]]);
    expect(phaseShares({})).toEqual([]);
    expect(phaseShares({ dnsMs: 0 })[0]!.share).toBe(0);
  });

  test("a sparkline needs two values", () => {
    expect(sparkline([5], 100, 20)).toBe("");
    expect(sparkline([0, 10], 100, 20)).toBe("M0 20L100 1");
  });

  test("only a spotless bucket is green", () => {
    expect([1, 0.999, 0.9, null].map(bucketTone)).toEqual(["up", "degraded", "down", "none"]);
  });
});
