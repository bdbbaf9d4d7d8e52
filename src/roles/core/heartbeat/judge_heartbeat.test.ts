import { describe, expect, test } from "bun:test";
import { iso } from "#kernel/clock";
import type { HeartbeatState } from "#ports/heartbeats";
import { checkOf, type TrialCheck } from "../../../testing/run_check.ts";
import { errorHash } from "../error_hash.ts";
import type { ErrorKind } from "../net/failure.ts";
import { judgeHeartbeat, type Instant } from "./judge_heartbeat.ts";
import { rulesOf } from "./rules.ts";
import { newHeartbeatState, takePing, type Ping } from "./take_ping.ts";

const minute = 60_000;
const hour = 60 * minute;
const startMs = Date.UTC(2026, 0, 1);
const at = (minutes: number) => startMs + minutes * minute;

type Sent = [minutes: number, kind: Ping["kind"], fields?: Partial<Ping>];

/** A job that has sent these pings. */
function job(target: object, pings: Sent[], assertions: TrialCheck["assertions"] = []) {
  const rules = rulesOf(checkOf({ type: "heartbeat", target, assertions }));
  const state = pings.reduce<HeartbeatState>((before, [minutes, kind, fields]) => takePing(before, { kind, exitCode: undefined, runId: "", body: "", ...fields, atMs: at(minutes) }, rules), newHeartbeatState());
  const judge = (minutes: number, instant: Partial<Instant> = {}) => judgeHeartbeat(rules, state, { nowMs: at(minutes), cron: undefined, activeSinceMs: startMs, deaf: undefined, ...instant });
  /** "up", "down heartbeat_missed", … or "pending". */
  const stands = (minutes: number, instant: Partial<Instant> = {}) => {
    const judged = judge(minutes, instant);
    return judged ? [judged.status, judged.reason?.kind].filter(Boolean).join(" ") : "pending";
  };
  return { state, judge, stands };
}

const hourly = { period: "1h", grace: "5m" };
const exit = (exitCode: number, body = ""): Partial<Ping> => ({ exitCode, body });

describe("where a job stands", () => {
  const table: [string, object, Sent[], [minutes: number, stands: string][]][] = [
    ["nothing was reported", hourly, [], [[600, "pending"]]],
    ["only a log", hourly, [[0, "log"]], [[600, "pending"]]],
    ["only a start, for as long as it may run", hourly, [[0, "start"]], [[5, "pending"], [6, "down heartbeat_overrun"]]],
    ["a success", hourly, [[0, "success"]], [[0, "up"], [65, "up"], [66, "down heartbeat_missed"]]],
    ["a success after a late one", hourly, [[0, "success"], [200, "success"]], [[200, "up"], [265, "up"], [266, "down heartbeat_missed"]]],
    ["a fail, until the next success", hourly, [[0, "success"], [10, "fail"]], [[10, "down heartbeat_failed"], [600, "down heartbeat_failed"]]],
    ["a fail, then a success", hourly, [[0, "success"], [10, "fail"], [11, "success"]], [[11, "up"]]],
    ["a fail, then a start: nothing is proven yet", hourly, [[0, "fail"], [1, "start"]], [[2, "down heartbeat_failed"]]],
    ["exit code 0", hourly, [[0, "exit", exit(0)]], [[1, "up"]]],
    ["exit code 3", hourly, [[0, "exit", exit(3)]], [[1, "down heartbeat_failed"]]],
    ["a run that ends in time", { ...hourly, maxRun: "30m" }, [[0, "start"], [30, "success"]], [[30, "up"]]],
    ["a run that does not end, although no success is due", { ...hourly, maxRun: "30m" }, [[0, "success"], [10, "start"]], [[40, "up"], [41, "down heartbeat_overrun"]]],
    ["a run over its time that ends well after all", { ...hourly, maxRun: "30m" }, [[0, "start"], [50, "success"]], [[50, "up"]]],
    ["a run over its time, and a new start", { ...hourly, maxRun: "30m" }, [[0, "start"], [50, "start"]], [[51, "down heartbeat_overrun"]]],
    ["a start that was repeated in time", { ...hourly, maxRun: "30m" }, [[0, "success"], [10, "start"], [30, "start"]], [[60, "up"], [61, "down heartbeat_overrun"]]],
    ["the success is due, but a run that began in time goes on", { ...hourly, maxRun: "3h" }, [[0, "success"], [60, "start"]], [[200, "up"], [241, "down heartbeat_overrun"]]],
    ["the success is due, and a run that began too late goes on", { ...hourly, maxRun: "3h" }, [[0, "success"], [66, "start"]], [[67, "down heartbeat_missed"]]],
    ["of two runs at once, one ends", { ...hourly, maxRun: "30m" }, [[0, "start", { runId: "a" }], [1, "start", { runId: "b" }], [2, "success", { runId: "b" }]], [[30, "up"], [31, "down heartbeat_overrun"]]],
    ["a run that was lost is forgiven by a later success", { ...hourly, maxRun: "30m" }, [[0, "start", { runId: "a" }], [60, "start", { runId: "b" }], [61, "success", { runId: "b" }]], [[61, "up"]]],
  ];
  test.each(table)("%s", (_, target, pings, expected) => {
    const { stands } = job(target, pings);
    for (const [minutes, verdict] of expected) expect([minutes, stands(minutes)]).toEqual([minutes, verdict]);
  });

  test("by cron: up while each expected time has seen a success since, once its grace has passed", () => {
    const nightly = { cron: "0 2 * * *", timezone: "Europe/Riga", grace: "1h" };
    const { stands } = job(nightly, [[10, "success"]]);
    const due = (minutes: number) => ({ cron: { dueMs: at(minutes), nextMs: at(minutes + 1_440) } });
    expect(stands(2_000, due(0))).toBe("up");
    expect(stands(2_000, due(10))).toBe("up");
    expect(stands(2_000, due(11))).toBe("down heartbeat_missed");
    // The job's clock may be a little ahead of ours.
    expect(stands(2_000, { cron: { dueMs: at(10) + 5_000, nextMs: at(3_000) } })).toBe("up");
    expect(job(nightly, [[10, "success"], [1_500, "start"]]).stands(1_510, due(1_450))).toBe("up");
    expect(stands(2_000)).toBe("up");
    expect(stands(2_000, { cron: { dueMs: 0, nextMs: 0 } })).toBe("unknown config_invalid");
  });

  test("a late success that nobody could have heard is no proof, until the job would have reported again", () => {
    const { stands } = job(hourly, [[0, "success"]]);
    const deaf = (from: number, to: number) => ({ deaf: { fromMs: at(from), toMs: at(to) } });
    expect(stands(70, deaf(58, 62))).toBe("unknown internal");
    expect(stands(127, deaf(58, 62))).toBe("unknown internal");
    expect(stands(128, deaf(58, 62))).toBe("down heartbeat_missed");
    expect(stands(70, deaf(20, 30))).toBe("down heartbeat_missed");
    expect(stands(400, deaf(66, 390))).toBe("down heartbeat_missed");
    expect(stands(60, deaf(58, 62))).toBe("up");
    const nightly = job({ cron: "0 2 * * *", grace: "5m" }, [[0, "success"]]);
    const cron = { dueMs: at(60), nextMs: at(1_500) };
    expect(nightly.stands(70, { cron, ...deaf(58, 62) })).toBe("unknown internal");
    expect(nightly.stands(70, { cron: { dueMs: at(70), nextMs: at(1_500) }, ...deaf(58, 62) })).toBe("down heartbeat_missed");
  });

  test("a check that was resumed waits for its job once more", () => {
    const { stands, judge } = job(hourly, [[0, "success"]]);
    expect(stands(300, { activeSinceMs: at(290) })).toBe("unknown internal");
    expect(judge(300, { activeSinceMs: at(290) })!.reason!.message).toContain(`the check was resumed or changed at ${iso(at(290))}`);
    expect(stands(356, { activeSinceMs: at(290) })).toBe("down heartbeat_missed");
  });
});

describe("what people read", () => {
  test("says since when, what was expected, and what the job said", () => {
    const message = (target: object, pings: Sent[], minutes: number, instant: Partial<Instant> = {}) => job(target, pings).judge(minutes, instant)!.reason!.message;
    expect(message(hourly, [[0, "success"]], 123)).toBe("no success since 2026-01-01T00:00:00.000Z (2h3m ago), expected every 1h with 5m grace");
    expect(message({ cron: "0 2 * * *", timezone: "Europe/Riga", grace: "1h" }, [[0, "success"]], 200, { cron: { dueMs: at(120), nextMs: at(1_560) } })).toBe(
      'no success since 2026-01-01T00:00:00.000Z (3h20m ago), expected at "0 2 * * *" Europe/Riga with 1h grace',
    );
    expect(message(hourly, [[0, "start"]], 125)).toBe("the run that started at 2026-01-01T00:00:00.000Z (2h5m ago) has not ended, it may take 5m");
    expect(message(hourly, [[0, "exit", exit(3, "rsync: no space\n  left")]], 0)).toBe("the job ended with exit code 3: rsync: no space left");
    expect(message(hourly, [[0, "fail", { body: `\u001b[2J${"x".repeat(195)}\u{1f4a5}` }]], 0)).toBe(`the job reported a failure: [2J${"x".repeat(195)}\ufffd`);
    expect(message(hourly, [[0, "fail"]], 0)).toBe("the job reported a failure");
    expect(message(hourly, [[0, "exit", exit(255, "x".repeat(5_000))]], 0)).toHaveLength("the job ended with exit code 255: ".length + 200);
  });

  test("is one error however long it lasts", () => {
    for (const [target, pings] of [[hourly, [[0, "success"]]], [{ ...hourly, maxRun: "1m" }, [[0, "start"]]]] as [object, Sent[]][]) {
      const { judge } = job(target, pings);
      const hashes = [66, 67, 120, 123, 1_500, 5_000].map((minutes) => judge(minutes)!.reason!).map(({ kind, message }) => errorHash("chk_1", kind as ErrorKind, message));
      expect(new Set(hashes).size).toBe(1);
    }
  });

  test("holds the times, the run's duration, its exit code, and an excerpt when it is not up", () => {
    const pings: Sent[] = [[0, "start"], [3, "exit", exit(0, "done")]];
    expect(job(hourly, pings).judge(4)!.observed).toEqual({
      lastSuccessAt: iso(at(3)), lastStartAt: iso(at(0)), nextExpectedAt: iso(at(63)), runDurationMs: 3 * minute, exitCode: 0,
    });
    expect(job(hourly, [[0, "exit", exit(3, "no space")]]).judge(1)!.observed).toEqual({ exitCode: 3, excerpt: "no space" });
  });
});

describe("assertions", () => {
  const slow = [{ source: "run_duration", op: "lt", value: 2 * hour, severity: "degraded" }];

  test("on the duration of the run: degraded when it took too long", () => {
    const target = { period: "1d", maxRun: "12h" };
    expect(job(target, [[0, "start"], [60, "success"]], slow).stands(61)).toBe("up");
    const late = job(target, [[0, "start"], [180, "success"]], slow).judge(181)!;
    expect(late).toMatchObject({ status: "degraded", reason: { kind: "assertion_failed", message: "run duration 10800000, expected less than 7200000" } });
    expect(late.assertions).toMatchObject([{ source: "run_duration", actualJson: "10800000", ok: false }]);
  });

  test("on the exit code take the place of the rule that only 0 is right", () => {
    const some = [{ source: "exit_code", op: "in", value: [0, 3] }];
    expect(job(hourly, [[0, "exit", exit(3)]], some).stands(1)).toBe("up");
    expect(job(hourly, [[0, "exit", exit(4)]], some).stands(1)).toBe("down assertion_failed");
    expect(job(hourly, [[0, "success"]], some).stands(1)).toBe("up");
    expect(job(hourly, [[0, "fail"]], some).stands(1)).toBe("down heartbeat_failed");
  });
});

test("a job whose runs never end does not fill the memory", () => {
  const { state } = job({ ...hourly, maxRun: "1d" }, Array.from({ length: 200 }, (_, i): Sent => [i, "start", { runId: `r${i}` }]));
  expect(state.open).toHaveLength(50);
  expect(state.open.at(-1)!.runId).toBe("r199");
});
