import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CheckTaskSchema, type CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import type { MissedSlots, StoredResult } from "#ports/results";
import { admit, giveBack, newState, remember, settle, stateOfTail, type CheckState } from "./check_state.ts";
import { stripLength } from "./strip.ts";

const startMs = Date.UTC(2026, 0, 1);
const everyMs = 10_000;
const slot = (index: number) => startMs + index * everyMs;

/** Task of the slot with this index; due since slot 0. */
function task(index: number, fields: MessageInitShape<typeof CheckTaskSchema> = {}): CheckTask {
  return create(CheckTaskSchema, { slotMs: slot(index), trigger: "schedule", everyMs, dueSinceMs: startMs, ...fields });
}

function stored(slotMs: number, fields: Partial<StoredResult> = {}): StoredResult {
  const none = Number.NaN;
  const numbers = { dnsMs: none, connectMs: none, tlsMs: none, firstByteMs: none, transferMs: none, lagMs: 0, code: 200, bodyBytes: 0, attempts: 1, probeLagMs: 0, lostSyns: 0 };
  return { sequence: 1, tenantId: "ten_1", checkId: "chk_1", checkNo: 1, slotMs, startedAtMs: slotMs, status: "up", trigger: "schedule", latencyMs: 1, ...numbers, detail: undefined, ...fields };
}

const fresh = () => newState("ten_1", "chk_1");
const brief = (missed: readonly MissedSlots[]) => missed.map(({ firstSlotMs, lastSlotMs, count, reason }) => [(firstSlotMs - startMs) / everyMs, (lastSlotMs - startMs) / everyMs, count, reason]);

/** Lets a task in and ends its run. */
function runThrough(state: CheckState, one: CheckTask) {
  expect(admit(state, one, one.slotMs)).toBe("run");
  return brief(settle(state, one.trigger as "schedule"));
}

describe("slots without a result are missed", () => {
  test("between two tasks of an interval by arithmetic, for the reason that the task gives", () => {
    const state = fresh();
    expect(runThrough(state, task(0))).toEqual([]);
    expect(runThrough(state, task(1))).toEqual([]);
    expect(runThrough(state, task(5, { gapReason: "process_down" }))).toEqual([[2, 4, 3, "process_down"]]);
    expect(runThrough(state, task(7))).toEqual([[6, 6, 1, "overload"]]);
  });

  test("and those before the schedule held are not", () => {
    expect(runThrough(fresh(), task(5, { dueSinceMs: slot(3) }))).toEqual([[3, 4, 2, "overload"]]);
    expect(runThrough(fresh(), task(5, { dueSinceMs: slot(3) + 1 }))).toEqual([[4, 4, 1, "overload"]]);
    expect(runThrough(fresh(), task(5, { dueSinceMs: slot(5) }))).toEqual([]);
  });

  test("of a cron schedule as the task lists them, but for those that are accounted for", () => {
    const state = fresh();
    const cron = (index: number, earlier: number[]) => task(index, { everyMs: 0, earlierSlotsMs: earlier.map(slot) });
    expect(runThrough(state, cron(3, [0, 2]))).toEqual([[0, 2, 2, "overload"]]);
    expect(runThrough(state, cron(9, [2, 3, 4, 8]))).toEqual([[4, 8, 2, "overload"]]);
  });

  test("as overrun while the check is still running, one record for all of them", () => {
    const state = fresh();
    admit(state, task(0), slot(0));
    for (const index of [1, 2, 3]) expect(admit(state, task(index), slot(index))).toBe("overrun");
    expect(brief(settle(state, "schedule"))).toEqual([[1, 3, 3, "overrun"]]);
    expect(runThrough(state, task(4))).toEqual([]);
  });

  test("for their own reason when they lie between overruns", () => {
    const state = fresh();
    admit(state, task(0), slot(0));
    for (const index of [1, 3]) admit(state, task(index), slot(index));
    expect(brief(settle(state, "schedule"))).toEqual([[1, 1, 1, "overrun"], [2, 2, 1, "overload"], [3, 3, 1, "overrun"]]);
  });
});

describe("a task", () => {
  test("that was delivered twice is known: while it runs, after it, and after a restart", () => {
    const state = fresh();
    admit(state, task(4), slot(4));
    expect(admit(state, task(4), slot(4))).toBe("known");
    settle(state, "schedule");
    expect(admit(state, task(4), slot(4))).toBe("known");
    const next = stateOfTail({ tenantId: "ten_1", checkId: "chk_1", lastSlotMs: slot(4), recent: [] });
    expect(admit(next, task(4), slot(4))).toBe("known");
  });

  test("that was overtaken is known: its slot was recorded as missed", () => {
    const state = fresh();
    expect(runThrough(state, task(1))).toEqual([[0, 0, 1, "overload"]]);
    expect(admit(state, task(0), slot(1))).toBe("known");
  });

  test("whose result was not stored comes again, with what was missed before it", () => {
    const state = fresh();
    admit(state, task(3), slot(3));
    giveBack(state, { trigger: "schedule", slotMs: slot(3) }, settle(state, "schedule"));
    expect(runThrough(state, task(3))).toEqual([[0, 2, 3, "overload"]]);
    expect(admit(state, task(3), slot(3))).toBe("known");
  });

  test("of a person runs beside the schedule and accounts for nothing", () => {
    const state = fresh();
    admit(state, task(0), slot(0));
    admit(state, task(1), slot(1));
    const manual = task(1.5, { trigger: "manual", everyMs: 0 });
    expect(admit(state, manual, slot(2))).toBe("run");
    expect(admit(state, manual, slot(2))).toBe("known");
    expect(settle(state, "manual")).toEqual([]);
    expect(brief(settle(state, "schedule"))).toEqual([[1, 1, 1, "overrun"]]);
    giveBack(state, { trigger: "manual", slotMs: manual.slotMs }, []);
    expect(admit(state, manual, slot(2))).toBe("run");
    remember(state, stored(manual.slotMs, { trigger: "manual" }));
    admit(state, { ...manual, slotMs: slot(1.7) }, slot(2));
    expect(admit(state, manual, slot(2))).toBe("known");
  });
});

test("after the clock was set back an hour the check runs on, and a restart changes nothing about that", () => {
  const running = fresh();
  for (const index of [358, 359, 360]) runThrough(running, task(index, { dueSinceMs: slot(358) }));
  const restarted = stateOfTail({ tenantId: "ten_1", checkId: "chk_1", lastSlotMs: slot(360), recent: [] });
  for (const state of [running, restarted]) {
    expect(runThrough(state, task(1))).toEqual([]);
    expect(admit(state, task(1), slot(1))).toBe("known");
    expect(runThrough(state, task(2))).toEqual([]);
  }
});

test("after the clock was set forward and back, each run has a slot of its own, and no slot is told as missed twice", () => {
  const state = fresh();
  const ran: number[] = [];
  const through = (index: number, gapReason = "") => {
    expect(admit(state, task(index, { gapReason }), slot(index))).toBe("run");
    ran.push(state.runSlotMs);
    return brief(settle(state, "schedule"));
  };
  through(0);
  expect(through(360, "clock_jump")).toEqual([[1, 359, 359, "clock_jump"]]);
  for (const index of [2, 3, 5]) expect(through(index, "clock_jump")).toEqual([]);
  // And back once more, over the same slots.
  expect(through(362, "clock_jump")).toEqual([[361, 361, 1, "clock_jump"]]);
  for (const index of [2, 3]) expect(through(index, "clock_jump")).toEqual([]);
  expect(new Set(ran).size).toBe(ran.length);
  expect(ran.filter((ms) => (ms - startMs) % everyMs === 0)).toEqual([0, 360, 362].map(slot));
});

test("a strip holds the newest results, and the state begins with the first result that had it", () => {
  const state = fresh();
  for (let i = 0; i < stripLength + 5; i++) remember(state, stored(slot(i), { status: i < 10 ? "down" : "up" }));
  expect(state).toMatchObject({ status: "up", sinceMs: slot(10) });
  expect(state.strip).toHaveLength(stripLength);
  expect(state.strip.entries()[0]!.slotMs).toBe(slot(5));
});

/** What a process does to one check; a slot of its schedule is due with every delivery. */
type Step =
  | { do: "deliver"; skip: number }
  | { do: "again"; back: number }
  | { do: "end" | "store" | "fail" | "crash" };

/** A check under a history of steps. What is stored together survives a crash together. */
function createWorld(cron: boolean) {
  const due: number[] = [];
  const kept = { results: [] as number[], missed: [] as MissedSlots[] };
  let state = fresh();
  let running: CheckTask | undefined;
  let waiting: { slotMs: number; missed: readonly MissedSlots[] }[] = [];
  let next = 0;

  const taskOf = (index: number) => (cron ? task(index, { everyMs: 0, earlierSlotsMs: due.filter((one) => one < slot(index)) }) : task(index));
  const deliver = (one: CheckTask) => {
    if (admit(state, one, slot(next)) === "run") running = one;
  };
  const store = () => {
    for (const one of waiting) {
      kept.results.push(one.slotMs);
      kept.missed.push(...one.missed);
    }
    waiting = [];
  };
  const end = () => {
    if (running) waiting.push({ slotMs: running.slotMs, missed: settle(state, "schedule") });
    running = undefined;
  };
  const world = {
    due,
    kept,
    step(step: Step) {
      switch (step.do) {
        case "deliver":
          for (let i = 0; i <= step.skip; i++) due.push(slot(next++));
          return deliver(taskOf(next - 1));
        case "again":
          return next > step.back ? deliver(taskOf(next - 1 - step.back)) : undefined;
        case "end":
          return end();
        case "store":
          return store();
        case "fail": {
          const failed = waiting;
          waiting = [];
          for (const one of failed) giveBack(state, { trigger: "schedule", slotMs: one.slotMs }, one.missed);
          return failed.forEach((one) => deliver(taskOf((one.slotMs - startMs) / everyMs)));
        }
        case "crash": {
          const newest = Math.max(0, ...kept.results, ...kept.missed.map((one) => one.lastSlotMs));
          state = stateOfTail({ tenantId: "ten_1", checkId: "chk_1", lastSlotMs: newest, recent: [] });
          running = undefined;
          waiting = [];
        }
      }
    },
    /** The run that is under way ends, and one more slot is due, so that all that is owed is stored. */
    finish() {
      end();
      world.step({ do: "deliver", skip: 0 });
      end();
      store();
    },
  };
  return world;
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("deliver" as const), skip: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("again" as const), back: fc.nat(6) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "store" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("fail" as const, "crash" as const) }) },
);

test.each([["an interval", false], ["a cron schedule", true]] as const)("whatever is delivered twice, overtaken, lost or broken off: every due slot of %s is a result or missed, once", (_name, cron) => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: "max" }), (steps) => {
      const world = createWorld(cron);
      for (const step of steps) world.step(step);
      world.finish();
      const { results, missed } = world.kept;
      const missedSlots = missed.flatMap((one) => {
        const covered = world.due.filter((due) => due >= one.firstSlotMs && due <= one.lastSlotMs);
        expect(covered).toHaveLength(one.count);
        return covered;
      });
      expect([...results, ...missedSlots].sort((a, b) => a - b)).toEqual(world.due);
    }),
    { numRuns: 500 },
  );
});
