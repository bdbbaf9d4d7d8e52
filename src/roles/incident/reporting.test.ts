import { expect, test } from "bun:test";
import { createIds } from "#kernel/ids";
import { createReporting } from "./reporting.ts";

test.each([10, 1_000, 150_000])("%d checks are counted within three per cent, however often they report", (count) => {
  const ids = createIds(() => 0);
  const reporting = createReporting();
  const checks = Array.from({ length: count }, () => ids.next("chk"));
  for (let round = 0; round < 2; round++) for (const check of checks) reporting.saw(check, 1_000_000 + round);
  expect(Math.abs(reporting.estimate() - count)).toBeLessThanOrEqual(count * 0.03);
});

test("those that report no longer are forgotten after four minutes, and a clock that is set back changes nothing for long", () => {
  const reporting = createReporting();
  for (let i = 0; i < 50; i++) reporting.saw(`chk_${i}`, 10_000_000);
  reporting.saw("chk_a", 10_121_000);
  expect(reporting.estimate()).toBe(51);
  reporting.saw("chk_a", 10_242_000);
  expect(reporting.estimate()).toBe(1);
  reporting.saw("chk_b", 5_000_000);
  expect(reporting.estimate()).toBe(2);
});
