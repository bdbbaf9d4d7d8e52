import { expect, test } from "bun:test";
import { createIds, isId, runIdOf, timeOfId } from "./ids.ts";

const nowMs = Date.UTC(2026, 0, 1);

test("ids sort as they were made, within a millisecond and when the clock is set back", () => {
  let now = nowMs;
  const ids = createIds(() => now);
  const made: string[] = [];
  for (const step of [0, 0, 0, 1, -3_600_000, 0, 3_600_001]) {
    now += step;
    for (let i = 0; i < 300; i++) made.push(ids.next("chk"));
  }
  expect(made.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test("an id tells its kind and its time", () => {
  const id = createIds(() => nowMs).next("inc");
  expect([isId(id, "inc"), isId(id, "chk"), timeOfId(id)]).toEqual([true, false, nowMs]);
  for (const forged of ["inc_", `${id}0`, id.toLowerCase(), `inc_${"I".repeat(26)}`, ""]) expect(isId(forged, "inc")).toBe(false);
  expect(timeOfId("inc_short")).toBeNaN();
});

test("the id of a run is the same in every process and for every location its own", () => {
  const id = runIdOf("chk_1", nowMs, "default");
  expect(id).toBe("run_01KDVDNA00T041QMQQT63M16FC");
  expect(isId(id, "run")).toBe(true);
  const others = [runIdOf("chk_2", nowMs, "default"), runIdOf("chk_1", nowMs + 1, "default"), runIdOf("chk_1", nowMs, "eu")];
  expect(new Set([id, ...others]).size).toBe(4);
});

test("ids of runs sort by their slots", () => {
  const ids = [0, 1, 60_000, 86_400_000].map((offset) => runIdOf("chk_1", nowMs + offset, "default"));
  expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids);
});
