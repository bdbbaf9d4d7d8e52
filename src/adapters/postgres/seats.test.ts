import { expect, test } from "bun:test";
import { createSeats } from "./seats.ts";

test("as many work at a time as there are seats, and who waits comes in the order of asking", async () => {
  const seats = createSeats(2, 10_000);
  const order: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) =>
    seats.take(() => {
      order.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const all = ["a", "b", "c", "d"].map(work);
  expect(order).toEqual(["a", "b"]);
  ends.get("b")!();
  await all[1];
  expect(order).toEqual(["a", "b", "c"]);
  ends.get("a")!();
  ends.get("c")!();
  await all[2];
  ends.get("d")!();
  await Promise.all(all);
  expect(order).toEqual(["a", "b", "c", "d"]);
});

test("who waits too long is told so, and takes no seat afterwards", async () => {
  const seats = createSeats(1, 5);
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = seats.take(() => promise);
  await expect(seats.take(async () => {})).rejects.toMatchObject({ code: "unavailable", message: "the database is too busy: all 1 connections were in use for 5 ms" });
  resolve();
  await first;
  expect(await seats.take(async () => "free")).toBe("free");
});

test("work that fails gives its seat back", async () => {
  const seats = createSeats(1, 10_000);
  await expect(seats.take(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await seats.take(async () => "free")).toBe("free");
});
