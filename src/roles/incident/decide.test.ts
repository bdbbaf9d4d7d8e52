import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CheckState, Incident } from "#ports/incidents";
import { decide, isActive, type Facts, type Policy, type Run } from "./decide.ts";
import { createMemory } from "./memory.ts";
import { folded, opened, reopened, resolved } from "./outage.ts";

const minuteMs = 60_000;
const policy: Policy = { failureThreshold: 2, recoveryThreshold: 2, severity: "", reopenWindowMs: 10 * minuteMs };
const statuses = { u: "up", g: "degraded", d: "down", n: "unknown" } as const;
type Letter = keyof typeof statuses;

let entries = 0;
const note = (type: string, reason: string, message: string, actor = "system") => ({ id: `tml_${entries++}`, atMs: 0, type, actor, reason, message });

/** Its place in the log is its minute unless told otherwise. */
function run(letter: Letter, minute: number, hash = "refused", sequence = minute): Run {
  return { sequence, startedAtMs: minute * minuteMs, status: statuses[letter], error: { hash, kind: "connect_refused", message: hash } };
}

/** The pure heart in a loop: decisions and what they make of the incident, without store, queue or clock. */
function createMachine(rules: Policy = policy, parentIncidentId = "") {
  const quiet = createMemory().draft().find({ tenantId: "ten_1", checkId: "chk_1", location: "default" });
  const machine = {
    state: quiet.state as CheckState,
    incident: undefined as Incident | undefined,
    incidents: 0,
    /** o opened, r reopened, x resolved. */
    told: "",
    parentIncidentId,
    take(next: Run, atMs = next.startedAtMs) {
      const facts: Facts = { incident: machine.incident, parentIncidentId: machine.parentIncidentId };
      const { state, effect, reason } = decide(machine.state, next, rules, facts);
      machine.state = state;
      if (effect.kind === "open") {
        const opening = { id: `inc_${++machine.incidents}`, tenantId: "ten_1", checkId: "chk_1", checkName: "", location: "default", checkBody: new Uint8Array() };
        machine.incident = opened(opening, effect, atMs, note).incident;
        machine.told += "o";
      } else if (effect.kind === "reopen") {
        machine.incident = reopened(machine.incident!, effect, reason, note).incident;
        machine.told += "r";
      } else if (effect.kind === "fold") {
        machine.incident = folded(machine.incident!, effect, note).incident;
      } else if (effect.kind === "resolve") {
        machine.incident = resolved(machine.incident!, { endedAtMs: effect.endedAtMs, by: "system", reason, message: "" }, atMs, note).incident;
        machine.told += "x";
      }
      return reason;
    },
    resolveByPerson(atMs: number) {
      machine.incident = resolved(machine.incident!, { endedAtMs: atMs, by: "usr_1", reason: "by_person", message: "" }, atMs, note).incident;
      machine.state = { ...machine.state, goods: 0, firstGoodAtMs: 0, held: machine.state.failures > 0 };
      machine.told += "p";
    },
  };
  return machine;
}

describe("a run leads to a decision with its reason", () => {
  const f = "below_failure_threshold";
  const r = "below_recovery_threshold";
  const story = (letters: string, rules: Partial<Policy> = {}) => {
    const machine = createMachine({ ...policy, ...rules });
    return letters.split("").map((letter, i) => machine.take(run(letter as Letter, i + 1)));
  };

  test.each([
    ["u", {}, ["healthy"]],
    ["n", {}, ["not_observed"]],
    ["dd", {}, [f, "failure_threshold_reached"]],
    ["du", {}, [f, "recovered_before_threshold"]],
    ["dnd", {}, [f, "not_observed", "failure_threshold_reached"]],
    ["dudd", {}, [f, "recovered_before_threshold", f, "failure_threshold_reached"]],
    ["d", { failureThreshold: 1 }, ["failure_threshold_reached"]],
    ["dddd", { failureThreshold: 3 }, [f, f, "failure_threshold_reached", "known_error"]],
    ["dduu", {}, [f, "failure_threshold_reached", r, "recovered"]],
    ["ddudu", {}, [f, "failure_threshold_reached", r, "known_error", r]],
    ["ddunu", {}, [f, "failure_threshold_reached", r, "not_observed", "recovered"]],
    ["ddu", { recoveryThreshold: 1 }, [f, "failure_threshold_reached", "recovered"]],
    ["dduudd", {}, [f, "failure_threshold_reached", r, "recovered", f, "failed_again_within_reopen_window"]],
    ["dduudd", { reopenWindowMs: 0 }, [f, "failure_threshold_reached", r, "recovered", f, "failure_threshold_reached"]],
    ["gdg", {}, [f, "failure_threshold_reached", "known_error"]],
  ] as const)("%p under %p", (letters, rules, reasons) => {
    expect(story(letters, rules)).toEqual([...reasons]);
  });

  test("the window is measured from the resolve to the first failing run, its last millisecond included", () => {
    for (const [minute, reason] of [[14, "failed_again_within_reopen_window"], [15, "failure_threshold_reached"]] as const) {
      const machine = createMachine();
      for (const [i, letter] of "dduu".split("").entries()) machine.take(run(letter as Letter, i + 1));
      machine.take(run("d", minute));
      expect(machine.take(run("d", minute + 1))).toBe(reason);
    }
  });

  test("another error does not reopen", () => {
    const machine = createMachine();
    for (const [i, letter] of "dduu".split("").entries()) machine.take(run(letter as Letter, i + 1));
    machine.take(run("d", 5, "other"));
    expect(machine.take(run("d", 6, "other"))).toBe("failure_threshold_reached");
  });

  test("a run that is not after the newest in the log was seen already, whatever it says now", () => {
    const machine = createMachine();
    machine.take(run("d", 2));
    expect([machine.take(run("d", 2)), machine.take(run("u", 1)), machine.take(run("d", 9, "refused", 2))]).toEqual(["already_seen", "already_seen", "already_seen"]);
  });

  test("after the clock was set back an hour, failures count as ever, and what was seen stays seen", () => {
    const machine = createMachine();
    machine.take(run("u", 70, "", 1));
    machine.take(run("d", 71, "refused", 2));
    expect(machine.take(run("d", 11, "refused", 3))).toBe("failure_threshold_reached");
    expect(machine.take(run("d", 71, "refused", 2))).toBe("already_seen");
    for (const sequence of [4, 5]) machine.take(run("u", 8 + sequence, "", sequence));
    expect(machine.incident).toMatchObject({ state: "resolved", startedAtMs: 71 * minuteMs, endedAtMs: 71 * minuteMs });
  });

  test("what a person closed is not held for the hour that the clock was set back", () => {
    const machine = createMachine();
    machine.take(run("d", 70, "refused", 1));
    machine.take(run("d", 71, "refused", 2));
    machine.resolveByPerson(71 * minuteMs);
    expect(machine.take(run("d", 72, "refused", 3))).toBe("held_after_manual_resolve");
    expect(machine.take(run("d", 12, "refused", 4))).toBe("still_failing_after_manual_resolve");
  });
});

describe("severity", () => {
  const severityAfter = (letters: string, rules: Partial<Policy> = {}) => {
    const machine = createMachine({ ...policy, ...rules });
    for (const [i, letter] of letters.split("").entries()) machine.take(run(letter as Letter, i + 1));
    return machine.incident?.severity;
  };

  test.each([
    ["gg", {}, "warning"],
    ["dd", {}, "critical"],
    ["dg", {}, "critical"],
    ["ggd", {}, "critical"],
    ["ddg", {}, "critical"],
    ["gguudd", {}, "critical"],
    ["dduugg", {}, "critical"],
    ["ddd", { severity: "warning" }, "warning"],
    ["gg", { severity: "critical" }, "critical"],
  ] as const)("after %p under %p is %p", (letters, rules, severity) => {
    expect(severityAfter(letters, rules)).toBe(severity);
  });
});

test("an error that is new with each run does not grow the incident without end", () => {
  const machine = createMachine();
  for (let minute = 1; minute <= 200; minute++) machine.take(run("d", minute, `error ${minute}`));
  expect(machine.incident).toMatchObject({ occurrences: 200 });
  expect(machine.incident!.causes).toHaveLength(50);
});

/**
 * Every run has the next place in the log; its minute is what the clock says, which may be set back. The model knows only what people
 * are promised, in counts of runs: it has no log, no streak of causes and no times but minutes.
 */
interface Model {
  runs: number;
  minute: number;
  bad: number;
  good: number;
  active: boolean;
  resolvedAt: number;
  /** A person closed it and no good run has come since. */
  held: boolean;
  badSince: number;
  errors: Set<string>;
  streakErrors: Set<string>;
  incidents: number;
  told: string;
}
type Real = ReturnType<typeof createMachine>;

function agree(model: Model, real: Real): void {
  expect({ active: isActive(real.incident), incidents: real.incidents, told: real.told }).toEqual({
    active: model.active,
    incidents: model.incidents,
    told: model.told,
  });
  if (real.incident && !model.active) expect(real.incident.endedAtMs).toBeGreaterThanOrEqual(real.incident.startedAtMs);
}

class Bad implements fc.Command<Model, Real> {
  constructor(readonly hash: string, readonly status: "d" | "g") {}
  check = () => true;
  run(model: Model, real: Real): void {
    model.minute++;
    if (model.bad++ === 0) model.badSince = model.minute;
    model.good = 0;
    if (model.active) model.errors.add(this.hash);
    else {
      model.streakErrors.add(this.hash);
      const close = model.incidents > 0 && model.badSince - model.resolvedAt <= 10;
      const same = [...model.streakErrors].some((hash) => model.errors.has(hash));
      const again = model.held ? Math.abs(model.minute - model.resolvedAt) >= 10 : close && same;
      if (model.bad >= 2 && (!model.held || again)) {
        if (!again) model.incidents++;
        model.errors = again ? model.errors.union(model.streakErrors) : new Set(model.streakErrors);
        model.told += again ? "r" : "o";
        Object.assign(model, { active: true, held: false, streakErrors: new Set() });
      }
    }
    real.take(run(this.status, model.minute, this.hash, ++model.runs));
    agree(model, real);
  }
  toString = () => `${this.status}(${this.hash})`;
}

class Good implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    model.minute++;
    Object.assign(model, { bad: 0, held: false, streakErrors: new Set() });
    if (model.active && ++model.good >= 2) Object.assign(model, { active: false, good: 0, resolvedAt: model.minute, told: `${model.told}x` });
    real.take(run("u", model.minute, "", ++model.runs));
    agree(model, real);
  }
  toString = () => "u";
}

class Replay implements fc.Command<Model, Real> {
  constructor(readonly letter: Letter, readonly back: number) {}
  check = (model: Readonly<Model>) => model.runs > this.back;
  run(model: Model, real: Real): void {
    expect(real.take(run(this.letter, model.minute + 1, "again", model.runs - this.back))).toBe("already_seen");
    agree(model, real);
  }
  toString = () => `replay ${this.letter} -${this.back}`;
}

class NotObserved implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    real.take(run("n", ++model.minute, "", ++model.runs));
    agree(model, real);
  }
  toString = () => "n";
}

class Later implements fc.Command<Model, Real> {
  constructor(readonly minutes: number) {}
  check = () => true;
  run(model: Model): void {
    model.minute += this.minutes;
  }
  toString = () => `+${this.minutes}m`;
}

class ClockSetBack implements fc.Command<Model, Real> {
  constructor(readonly minutes: number) {}
  check = () => true;
  run(model: Model): void {
    model.minute -= this.minutes;
  }
  toString = () => `-${this.minutes}m`;
}

class PersonResolves implements fc.Command<Model, Real> {
  check = (model: Readonly<Model>) => model.active;
  run(model: Model, real: Real): void {
    Object.assign(model, { active: false, held: model.bad > 0, good: 0, resolvedAt: model.minute, told: `${model.told}p` });
    real.resolveByPerson(model.minute * minuteMs);
    agree(model, real);
  }
  toString = () => "person resolves";
}

test("any mix of runs, replays, people and a clock that is set back agrees with the model", () => {
  const commands = fc.commands<Model, Real>(
    [
      fc.record({ hash: fc.constantFrom("a", "b"), status: fc.constantFrom("d", "g") }).map(({ hash, status }) => new Bad(hash, status)),
      fc.constant(undefined).map(() => new Good()),
      fc.constant(undefined).map(() => new NotObserved()),
      fc.record({ letter: fc.constantFrom<Letter>("u", "d", "g"), back: fc.nat(3) }).map(({ letter, back }) => new Replay(letter, back)),
      fc.integer({ min: 1, max: 8 }).map((minutes) => new Later(minutes)),
      fc.integer({ min: 1, max: 90 }).map((minutes) => new ClockSetBack(minutes)),
      fc.constant(undefined).map(() => new PersonResolves()),
    ],
    { maxCommands: 60, size: "max" },
  );
  const setup = () => ({
    model: {
      runs: 0, minute: 1_000, bad: 0, good: 0, active: false, resolvedAt: 0, held: false, badSince: 0,
      errors: new Set<string>(), streakErrors: new Set<string>(), incidents: 0, told: "",
    },
    real: createMachine(),
  });
  fc.assert(fc.property(commands, (steps) => fc.modelRun(setup, steps)), { numRuns: 500 });
});
