import { describe, expect, test } from "bun:test";
import { bucketTone, linePath, phaseShares, sparkline, stripPaths, stripSummary } from "./chart.ts";

describe("chart", () => {
  test("a line breaks where there is no value, and a lone value is a dot", () => {
    expect(linePath([[0, 1], [1, 2], [2, null], [3, 4], [4, null]])).toBe("M0 1L1 2M3 4h0.01");
    expect(linePath([])).toBe("");
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
