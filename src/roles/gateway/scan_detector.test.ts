import { expect, test } from "bun:test";
import { createCache, createRateLimits } from "../../adapters/in_process/index.ts";
import type { Clock } from "#kernel/clock";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createScanDetector } from "./scan_detector.ts";

const detector = (clock: Clock, limit: number) => createScanDetector(createRateLimits(clock), createCache(clock), limit);

const [ours, theirs] = ["ten_1", "ten_2"];

test("so many ports of one host may be tried, and each as often as one likes", async () => {
  const scans = detector(createFakeClock(), 3);
  for (const port of [22, 80, 443, 22, 80, 443, 80]) expect(await scans.try(ours, "10.0.0.5", port)).toBeUndefined();
  expect(await scans.try(ours, "10.0.0.5", 25)).toEqual({ limit: 3, isNew: true, retryAfterS: 600 });
  expect(await scans.try(ours, "10.0.0.5", 443)).toBeUndefined();
  expect(await scans.try(ours, "10.0.0.6", 25)).toBeUndefined();
  expect(await scans.try(theirs, "10.0.0.5", 25)).toBeUndefined();
});

test("one host has one name, however it is written", async () => {
  const scans = detector(createFakeClock(), 1);
  expect(await scans.try(ours, "Shop.example.", 80)).toBeUndefined();
  expect(await scans.try(ours, "shop.example", 81)).toBeDefined();
});

test("what is older than ten minutes is forgotten; until then one scan is one piece of news", async () => {
  const clock = createFakeClock();
  const scans = detector(clock, 2);
  await scans.try(ours, "h", 1);
  await clock.advance(60_000);
  await scans.try(ours, "h", 2);
  expect(await scans.try(ours, "h", 3)).toMatchObject({ isNew: true, retryAfterS: 540 });
  expect(await scans.try(ours, "h", 4)).toMatchObject({ isNew: false });
  await clock.advance(540_000);
  expect(await scans.try(ours, "h", 3)).toBeUndefined();
  expect(await scans.try(ours, "h", 4)).toMatchObject({ isNew: false, retryAfterS: 60 });
  await clock.advance(60_000);
  expect(await scans.try(ours, "h", 4)).toBeUndefined();
  expect(await scans.try(ours, "h", 5)).toMatchObject({ isNew: true });
});

test("a scan among many other hosts is still seen", async () => {
  const scans = detector(createFakeClock(), 3);
  let port = 0;
  const refused = async () => (await scans.try(ours, "hidden", ++port)) !== undefined;
  for (let turn = 0; turn < 4; turn++) {
    if (turn === 3) expect(await refused()).toBe(true);
    else expect(await refused()).toBe(false);
    for (let other = 0; other < 15_000; other++) await scans.try(ours, `other-${turn}-${other}`, 80);
  }
});

test("no limit counts nothing", async () => {
  const scans = detector(createFakeClock(), 0);
  for (let port = 1; port < 1_000; port++) expect(await scans.try(ours, "h", port)).toBeUndefined();
});
