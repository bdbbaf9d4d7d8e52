import { describe, expect, test } from "bun:test";
import type { Policy } from "./decide.ts";
import { createMachine, minuteMs, policy, run, type Letter } from "../../testing/decide_machine.ts";

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

describe("several locations", () => {
  const story = (text: string, rules: Partial<Policy> = {}) => {
    const machine = createMachine({ ...policy, ...rules });
    // Each word is a location and what its run says: "eu:d".
    const reasons = text.split(" ").map((word, i) => {
      const [location, letter] = word.split(":") as [string, Letter];
      return machine.take({ ...run(letter, i + 1), location });
    });
    return { machine, last: reasons.at(-1), told: machine.told };
  };
  const round = (letters: string, times = 1) => Array.from({ length: times }, () => `eu:${letters[0]} us:${letters[1]} asia:${letters[2]}`).join(" ");

  test("one of three that says down is a suspicion, two are an outage", () => {
    expect(story(`${round("uuu")} ${round("duu", 10)}`)).toMatchObject({ told: "" });
    expect(story(`${round("uuu")} ${round("duu", 10)} ${round("ddu", 2)}`)).toMatchObject({ told: "o" });
  });

  test.each([
    ["any", "duu", "o"],
    ["all", "ddu", ""],
    ["all", "ddd", "o"],
    [2, "duu", ""],
    [2, "ddu", "o"],
    [7, "ddd", "o"],
  ] as const)("quorum %p with %p tells %p", (quorum, letters, told) => {
    expect(story(`${round("uuu")} ${round(letters, 3)}`, { quorum }).told).toBe(told);
  });

  test("the outage begins when enough of them fail, not when the first did", () => {
    const { machine } = story(`${round("uuu")} ${round("duu", 10)} ${round("ddu", 2)}`);
    expect(machine.incident!.startedAtMs).toBe(35 * minuteMs);
  });

  test("it is over when fewer than the quorum are down, and tells which still are", () => {
    const { machine, told } = story(`${round("uuu")} ${round("ddu", 3)} ${round("duu", 2)}`);
    expect(told).toBe("ox");
    expect(machine.incident!.endedAtMs).toBe(14 * minuteMs);
    expect(machine.state.locations.filter((each) => each.down).map((each) => each.location)).toEqual(["eu"]);
  });

  test("a location that has fallen silent has no say, neither against an outage nor for it", () => {
    expect(story(`${round("uuu")} ${"eu:d asia:d ".repeat(2)}eu:d`).told).toBe("o");
    expect(story(`us:u eu:u us:u eu:u us:u eu:u ${"eu:d ".repeat(12).trim()}`).told).toBe("o");
    expect(story(`us:u eu:u us:u eu:u us:u eu:u ${"eu:d us:u ".repeat(12).trim()}`).told).toBe("");
  });

  test("a clock that was set makes no other location look silent", () => {
    const machine = createMachine();
    const take = (location: string, letter: Letter, minute: number, sequence: number) => machine.take({ ...run(letter, minute, "refused", sequence), location });
    // One failing run before the step and more after it, while the other location is good all along.
    for (let i = 0; i < 6; i++) take(i % 2 ? "us" : "eu", i === 4 ? "d" : "u", 100 + i, i + 1);
    for (let i = 0; i < 8; i++) take(i % 2 ? "us" : "eu", i % 2 ? "u" : "d", 400 + i, i + 10);
    expect(machine.told).toBe("");
  });
});

describe("flapping", () => {
  const story = (letters: string, rules: Partial<Policy> = {}) => {
    const machine = createMachine({ ...policy, ...rules });
    const reasons = letters.split("").map((letter, i) => machine.take(run(letter as Letter, i + 1)));
    return { machine, last: reasons.at(-1), told: machine.told };
  };

  test("of a check that never fails long enough is told once, as a warning", () => {
    const { machine, told } = story("dududududududud");
    expect(told).toBe("o");
    expect(machine.incident).toMatchObject({ severity: "warning", state: "open" });
  });

  test("of a check that is down is told once, and its recovery waits", () => {
    expect(story("dduuddudduddudduuu")).toMatchObject({ told: "oxrf", last: "recovered_but_flapping" });
  });

  test("ends with the check up: it is resolved as of the first good run of the last streak", () => {
    const { machine, told } = story(`dduuddudduddudd${"u".repeat(17)}`);
    expect(told).toBe("oxrfx");
    expect(machine.incident!.endedAtMs).toBe(16 * minuteMs);
  });

  test("is not begun by changes of long ago, though the good runs since were lost with the process", () => {
    const after = (minutes: number) => {
      const { machine } = story("dududu");
      machine.take(run("d", 7 + minutes));
      return machine.told;
    };
    expect([after(0), after(30)]).toEqual(["o", ""]);
  });

  test("never mutes a solid outage: five failing runs in a row are told at once", () => {
    expect(story(`${"du".repeat(4)}dddd`).told).toBe("o");
    expect(story(`${"du".repeat(4)}ddddd`)).toMatchObject({ told: "os", last: "solid_outage_while_flapping" });
    expect(story("dduuddudduddudduddddd")).toMatchObject({ told: "oxrfr", last: "solid_outage_while_flapping" });
  });
});

describe("what is no evidence", () => {
  test("failing runs in a maintenance window open nothing, and good ones resolve", () => {
    const machine = createMachine();
    const inWindow = { maintenance: "mnt_1" };
    for (const minute of [1, 2, 3]) expect(machine.take(run("d", minute), inWindow)).toBe("in_maintenance");
    machine.take(run("d", 4));
    machine.take(run("d", 5));
    expect(machine.take(run("d", 6), inWindow)).toBe("in_maintenance");
    machine.take(run("u", 7), inWindow);
    machine.take(run("u", 8), inWindow);
    expect(machine.told).toBe("ox");
    expect(machine.incident).toMatchObject({ occurrences: 2, startedAtMs: 4 * minuteMs });
  });

  test("failing runs while our own network is gone open nothing", () => {
    const machine = createMachine();
    for (const minute of [1, 2, 3]) expect(machine.take(run("d", minute), { isOwnOutage: true })).toBe("own_connectivity_lost");
    expect(machine.told).toBe("");
  });

  test("an opening waits while a mass failure is looked into, but not for more than two runs", () => {
    const machine = createMachine();
    const reasons = [1, 2, 3, 4].map((minute) => machine.take(run("d", minute), { wait: "held_for_mass_failure", isMassFailure: true }));
    expect(reasons).toEqual(["below_failure_threshold", "held_for_mass_failure", "held_for_mass_failure", "mass_failure_released"]);
    expect(machine.incident!.startedAtMs).toBe(minuteMs);
  });
});
