import { describe, expect, test } from "bun:test";
import { lineAt, rangeFor, topsOf } from "./line_layout.ts";

const group = { kind: "group" } as const;
const check = { kind: "check" } as const;

describe("lines of two heights", () => {
  test("each stands below those before it", () => {
    const tops = topsOf([group, check, check, group], { group: 40, check: 50 });
    expect([...tops]).toEqual([0, 40, 90, 140, 180]);
    expect([-5, 0, 39, 40, 139, 140, 5_000].map((y) => lineAt(tops, y))).toEqual([0, 0, 0, 1, 2, 3, 3]);
  });

  test("only those near the window are drawn, and always all that is seen", () => {
    const tops = topsOf(Array(10_000).fill(check), { group: 40, check: 50 });
    for (const from of [0, 123, 50_000, 499_000, 600_000]) {
      const [first, last] = rangeFor(tops, from, from + 900);
      expect(last - first).toBeLessThan(60);
      expect(first).toBeLessThanOrEqual(lineAt(tops, from));
      expect(last).toBeGreaterThan(lineAt(tops, from + 900));
    }
  });

  test("no lines are no lines", () => {
    expect(rangeFor(topsOf([], { group: 1, check: 1 }), 0, 900)).toEqual([0, 0]);
  });
});
