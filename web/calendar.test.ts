import { expect, test } from "bun:test";
import { keyTo, toneOf, touching, weekdayOf, weeksOf } from "./calendar.ts";

const day = 86_400_000;
/** A Thursday. */
const start = Date.UTC(2026, 0, 1);
const bucket = (index: number, ratio: number | null = 1) => ({ from: new Date(start + index * day).toISOString(), ratio, up: 10, down: 0, unknown: 0, missed: 0, maintenance: 0 });

test("a year begins on its weekday and has every day once, in weeks from Monday to Sunday", () => {
  const weeks = weeksOf(Array.from({ length: 365 }, (_, index) => bucket(index)));
  expect(weeks).toHaveLength(53);
  expect(weeks[0]!.days.map((one) => one !== undefined)).toEqual([false, false, false, true, true, true, true]);
  expect(weeks.flatMap(({ days }) => days).filter((one) => one !== undefined)).toHaveLength(365);
  for (const { days } of weeks) for (const [weekday, one] of days.entries()) if (one) expect(weekdayOf(one.atMs)).toBe(weekday);
});

test("a month is named where it begins, and no two names run into each other", () => {
  const named = weeksOf(Array.from({ length: 365 }, (_, index) => bucket(index + 25))).flatMap(({ month }, week) => (month === undefined ? [] : [{ month, week }]));
  expect(named.map(({ month }) => month)).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]);
  for (const [index, { week }] of named.entries()) if (index > 0) expect(week - named[index - 1]!.week).toBeGreaterThan(2);
});

test.each([[null, "none"], [1, "up"], [0.99999, "flaw"], [0.999, "flaw"], [0.9989, "bad"], [0.95, "bad"], [0.9, "worst"], [0, "worst"]] as const)("a day of %p is %s", (ratio, tone) => {
  expect(toneOf({ ratio, maintenance: 0 })).toBe(tone);
});

test("a day that was maintenance alone is no day without data", () => {
  expect(toneOf({ ratio: null, maintenance: 5 })).toBe("maintenance");
});

test("keys lead to the next day, the next week, the ends of the week and the next month, and never out of the year", () => {
  const from = (key: string, index: number) => keyTo(key, index, { count: 365, atMs: start + index * day });
  expect(["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End", "PageUp", "PageDown"].map((key) => from(key, 100))).toEqual([101, 99, 107, 93, 95, 101, 72, 128]);
  expect([from("ArrowLeft", 3), from("ArrowRight", 364), from("x", 3)]).toEqual([0, 364, undefined]);
});

test("an incident belongs to every day on which it lasted, and to none after", () => {
  const span = { fromMs: start + 23 * 3_600_000, toMs: start + day + 3_600_000 };
  expect([-1, 0, 1, 2].map((index) => touching([span], start + index * day).length)).toEqual([0, 1, 1, 0]);
});
