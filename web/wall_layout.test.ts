import { describe, expect, test } from "bun:test";
import { drift, leastTile, wallGrid } from "./wall_layout.ts";

const screen = [1900, 960] as const;

describe("the tiles of a wall screen", () => {
  test("are all there, as large as can be", () => {
    for (const count of [1, 2, 3, 7, 20, 36]) {
      const { columns, rows, shown } = wallGrid(count, ...screen);
      expect(shown).toBe(count);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * rows - count).toBeLessThan(Math.max(columns, 2));
    }
    expect(wallGrid(4, ...screen)).toEqual({ columns: 2, rows: 2, shown: 4 });
  });

  test("are never too small to be read: the last one stands for the others", () => {
    const { columns, rows, shown } = wallGrid(1_000, ...screen);
    expect(screen[0] / columns).toBeGreaterThanOrEqual(leastTile.width);
    expect(screen[1] / rows).toBeGreaterThanOrEqual(leastTile.height);
    expect(shown).toBe(columns * rows - 1);
  });

  test("fit a phone, a screen that is not measured yet, and no check at all", () => {
    expect(wallGrid(5, 390, 700).columns).toBe(1);
    expect(wallGrid(5, 0, 0)).toMatchObject({ columns: 1, rows: 1 });
    expect(wallGrid(0, ...screen)).toMatchObject({ shown: 0 });
  });
});

test("the picture never stands still for an hour, and never far away", () => {
  const places = Array.from({ length: 60 }, (_, minute) => drift(minute));
  expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBeGreaterThan(30);
  expect(Math.max(...places.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]))).toBeLessThanOrEqual(6);
});
