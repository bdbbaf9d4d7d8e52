import { expect, test } from "bun:test";
import { createReleases } from "./lifecycle.ts";
import { createLog, silentLog } from "./log.ts";

test("what was acquired last is released first, each when the one before is done, and once", async () => {
  const releases = createReleases(silentLog);
  const order: string[] = [];
  for (const name of ["store", "queue", "server"]) {
    releases.add(name, async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    });
  }
  await Promise.all([releases.releaseAll(), releases.releaseAll()]);
  await releases.releaseAll();
  expect(order).toEqual(["server begins", "server ends", "queue begins", "queue ends", "store begins", "store ends"]);
});

test("one that hangs, rejects or throws keeps no other from being released, and is told by name", async () => {
  const lines: string[] = [];
  const releases = createReleases(createLog({ level: "warn", format: "json", now: () => 0, write: (line) => void lines.push(line) }));
  let released = false;
  releases.add("store", () => void (released = true));
  releases.add("hangs", () => new Promise(() => {}), 20);
  releases.add("rejects", () => Promise.reject(new Error("no")));
  releases.add("throws", () => {
    throw new Error("never");
  });
  await releases.releaseAll();
  expect(released).toBe(true);
  expect(lines.map((line) => JSON.parse(line) as { resource: string; reason: string }).map(({ resource, reason }) => [resource, reason])).toEqual([
    ["throws", "never"],
    ["rejects", "no"],
    ["hangs", "still not released after 20 ms"],
  ]);
});

test("what is acquired while others are being released is released too", async () => {
  const releases = createReleases(silentLog);
  const order: string[] = [];
  releases.add("first", () => void order.push("first"));
  releases.add("second", () => {
    releases.add("late", () => void order.push("late"));
    order.push("second");
  });
  await releases.releaseAll();
  expect(order).toEqual(["second", "late", "first"]);
});
