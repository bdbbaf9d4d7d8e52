import { expect, test } from "bun:test";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { createPlatformConditions } from "./conditions.ts";

function start({ offline = false, held = [] as string[] } = {}) {
  const clock = createFakeClock();
  const report = () => ({ state: offline ? ("offline" as const) : ("online" as const), checkedAtMs: 0, offlineSinceMs: offline ? 42 : 0, canaries: [] });
  const conditions = createPlatformConditions({ connectivity: { report, summary: () => "2 of 2 canaries do not answer" }, heldChecks: () => held, clock, settings: { lateAfter: 5_000, missedAlarm: 20 } });
  const failing = () => conditions.list().filter((one) => one.failing);
  return { clock, conditions, failing };
}

test("nothing fails while runs are in time and none is missed", () => {
  const { conditions, failing } = start();
  for (let i = 0; i < 1_000; i++) conditions.ran(4_999);
  conditions.missed(19);
  expect(failing()).toEqual([]);
  expect(start().failing()).toEqual([]);
});

test("checks start late when more than one run in a hundred of the last minute did", async () => {
  const { clock, conditions, failing } = start();
  for (let i = 0; i < 990; i++) conditions.ran(10);
  for (let i = 0; i < 10; i++) conditions.ran(5_001);
  expect(failing()).toEqual([]);
  conditions.ran(6_000);
  expect(failing()).toMatchObject([{ key: "late", severity: "warning", message: "checks start late: 11 of 1001 runs of the last minute began more than 5s after their time" }]);
  await clock.advance(70_000);
  expect(failing()).toEqual([]);
});

test("missed slots are counted over five minutes", async () => {
  const { clock, conditions, failing } = start();
  conditions.missed(12);
  await clock.advance(200_000);
  conditions.missed(8);
  expect(failing()).toMatchObject([{ key: "missed", severity: "critical", message: "checks are missed: 20 slots of the last five minutes ended without a result because this process is overloaded" }]);
  await clock.advance(120_000);
  expect(failing()).toEqual([]);
});

test("a lost network and a held check are told, with what people need to know", () => {
  expect(start({ offline: true }).failing()).toMatchObject([{ key: "offline", sinceMs: 42, message: "our own connectivity is lost: 2 of 2 canaries do not answer" }]);
  expect(start({ held: ["chk_a", "chk_b"] }).failing()).toMatchObject([{ key: "quarantine", message: "held until somebody changes them, because they kill the thread that runs them: chk_a, chk_b" }]);
});
