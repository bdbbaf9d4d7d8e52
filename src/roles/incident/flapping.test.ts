import { describe, expect, test } from "bun:test";
import { isFlappingAfter, percentOfChange, withoutNewestFailures, withRunInHistory } from "./flapping.ts";

/** Oldest first; d is a failing run. */
const historyOf = (letters: string) => letters.split("").reduce((history, letter) => withRunInHistory(history, letter === "d"), 0);
const quiet = (runs: number) => "u".repeat(runs);

describe("the measure of change", () => {
  test.each([
    [4, 24.2],
    [5, 29.9],
    [6, 35.5],
    [20, 100],
  ])("the newest %d changes are %d %", (changes, percent) => {
    const letters = Array.from({ length: 21 }, (_, age) => (Math.min(age, changes) % 2 === 1 ? "d" : "u")).toReversed().join("");
    expect(percentOfChange(historyOf(letters))).toBeCloseTo(percent, 1);
  });

  test("an outage of any length is no flapping", () => {
    for (let runs = 1; runs < 40; runs++) expect(percentOfChange(historyOf("d".repeat(runs)))).toBeLessThan(7);
  });

  test("nothing is remembered of runs before the newest 21", () => {
    expect(historyOf("dududu" + quiet(21))).toBe(0);
  });
});

describe("flapping", () => {
  test("begins at 30 % with a failing run, stays down to 20 %, and ends below", () => {
    expect(isFlappingAfter(historyOf("dudu"), false)).toBe(false);
    expect(isFlappingAfter(historyOf("dududu"), false)).toBe(false);
    expect(isFlappingAfter(historyOf("dududud"), false)).toBe(true);
    const after = (runs: number) => isFlappingAfter(historyOf("dududu" + quiet(runs)), true);
    expect([after(15), after(16)]).toEqual([true, false]);
  });

  test("failures that turned out to be our own never changed anything", () => {
    expect(withoutNewestFailures(historyOf("duddd"), 3)).toBe(historyOf("duuuu"));
    expect(withoutNewestFailures(historyOf("d".repeat(30)), 30)).toBe(0);
  });
});
