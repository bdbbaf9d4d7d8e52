import { describe, expect, test } from "bun:test";
import { barsOf, boundsOf, monthFrom, monthText, shifted, weeksOf } from "./month.ts";

const local = (day: number, hour = 0) => new Date(2026, 10, day, hour).toISOString();

describe("a month", () => {
  test("is whole weeks from Monday on", () => {
    const weeks = weeksOf({ year: 2026, month: 10 });
    expect(weeks).toHaveLength(6);
    expect([weeks[0]![0]!, weeks[5]![6]!].map((day) => [day.getMonth(), day.getDate(), day.getDay()])).toEqual([[9, 26, 1], [11, 6, 0]]);
    expect(weeksOf({ year: 2027, month: 1 })).toHaveLength(4);
    expect(boundsOf(weeks)).toEqual({ from: new Date(2026, 9, 26).toISOString(), to: new Date(2026, 11, 7).toISOString() });
  });

  test("is read from an address and goes over the year", () => {
    expect([monthFrom("2026-11"), monthFrom("2026-13"), monthFrom("")]).toEqual([{ year: 2026, month: 10 }, undefined, undefined]);
    expect([monthText(shifted({ year: 2026, month: 11 }, 1)), monthText(shifted({ year: 2026, month: 0 }, -1))]).toEqual(["2027-01", "2025-12"]);
  });
});

describe("bars of a week", () => {
  const week = weeksOf({ year: 2026, month: 10 })[1]!;

  test("what lasts for days keeps its lane, and says where it begins and ends", () => {
    const long = { name: "long", start: local(3, 22), end: local(5, 4) };
    const short = { name: "short", start: local(4, 1), end: local(4, 2) };
    const shown = barsOf(week, [short, long]).map((lanes) => lanes.map((bar) => bar && [bar.of.name, bar.begins, bar.ends]));
    expect(shown).toEqual([[], [["long", true, false]], [["long", false, false], ["short", true, true]], [["long", false, true]], [], [], []]);
  });

  test("what ends at midnight does not touch the next day, and what began before the week runs in", () => {
    const shown = barsOf(week, [{ start: local(1, 12), end: local(3) }]).map((lanes) => lanes.map((bar) => bar && [bar.begins, bar.ends]));
    expect(shown).toEqual([[[false, true]], [], [], [], [], [], []]);
  });
});
