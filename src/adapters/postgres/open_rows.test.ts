import { expect, test } from "bun:test";
import { OpenRows } from "./open_rows.ts";

const row = (sequence: number) => ({ sequence, slot: 1_767_225_600_000 + sequence, flags: sequence % 4, latency: 2 ** 31 - sequence });

test("rows read back as they were, whenever others were dropped before them", () => {
  for (let pushed = 1; pushed < 20; pushed++) {
    for (let dropped = 0; dropped <= pushed; dropped++) {
      const open = new OpenRows();
      for (let i = 1; i <= pushed; i++) open.push(row(i));
      open.drop(dropped);
      for (let i = pushed + 1; i <= pushed + 5; i++) open.push(row(i));
      const left = Array.from({ length: pushed + 5 - dropped }, (_, i) => row(dropped + 1 + i));
      expect(open.snapshot().through(Number.POSITIVE_INFINITY)).toEqual(left);
    }
  }
});

test("what was seen once stays as it was seen", () => {
  const open = new OpenRows();
  for (let i = 1; i <= 3; i++) open.push(row(i));
  const seen = open.snapshot();
  open.drop(2);
  for (let i = 4; i <= 9; i++) open.push(row(i));
  expect(seen.through(2)).toEqual([row(1), row(2)]);
  expect(seen.rows).toBe(3);
});
