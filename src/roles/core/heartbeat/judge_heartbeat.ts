/**
 * Where a job stands at an instant. Pure: rules + state + instant → verdict. The first that holds:
 *
 *   pending  the job has not reported, or only begun its first run: nothing is known yet, and nobody is paged for it
 *   down     heartbeat_failed: it said so, or ended with a wrong exit code; until it succeeds
 *   down     heartbeat_overrun: a run has not ended within `maxRun` of its start, even when its success is not due yet
 *   up       the success is late, but a run that began in time is still within `maxRun`
 *   unknown  the success is late, but we may have missed it: this process did not run, or the check was paused, when it was due
 *   down     heartbeat_missed: late. With a period, the last success is older than period + grace; with a cron expression, an
 *            expected time has passed by more than the grace, and there was no success since
 *   else     what the assertions on run_duration and exit_code say
 */
import { iso } from "#kernel/clock";
import type { Source } from "#ports/assertion_language";
import type { HeartbeatState } from "#ports/heartbeats";
import { judge, outcomesOf, type AssertionOutcome, type Verdict } from "../judge.ts";
import { failure } from "../net/failure.ts";
import type { JsonObject, Observation } from "../probes/probe.ts";
import type { HeartbeatRules } from "./rules.ts";
import { ago, isOverrun, overrunMessage } from "./take_ping.ts";

/** Epoch milliseconds; 0 = none. */
export interface Instant {
  nowMs: number;
  /** Of a cron expression, as the scheduler read it: the newest expected time whose grace has passed, and the first one after it. */
  cron: { dueMs: number; nextMs: number } | undefined;
  /** The schedule holds since then: the check was made, resumed or scheduled anew. */
  activeSinceMs: number;
  /** The newest time in which nobody could have heard a ping. */
  deaf: Span | undefined;
}

export interface Span {
  fromMs: number;
  toMs: number;
}

export interface Judgement extends Verdict {
  observed: JsonObject;
  assertions: AssertionOutcome[];
  /** Of the run that ended last; undefined when it was not measured. */
  runDurationMs: number | undefined;
}

/** The clocks of two machines differ: a success this much before its expected time still counts for it. */
const earlyMs = 5_000;

/** Undefined while the check is pending. */
export function judgeHeartbeat(rules: HeartbeatRules, state: HeartbeatState, at: Instant): Judgement | undefined {
  const verdict = verdictOf(rules, state, at);
  if (verdict === undefined) return undefined;
  const job = observationOf(state);
  const judged = verdict === "on time" ? judge(job, rules.assertions) : verdict;
  return {
    ...judged,
    observed: observedOf(rules, state, at, judged.status !== "up"),
    assertions: verdict === "on time" ? outcomesOf(job, rules.assertions) : [],
    runDurationMs: state.lastEnd?.durationMs,
  };
}

function verdictOf(rules: HeartbeatRules, state: HeartbeatState, at: Instant): Verdict | "on time" | undefined {
  if (rules.problem !== undefined) return { status: "unknown", reason: failure("config_invalid", rules.problem) };
  if (rules.periodMs === 0 && at.cron?.nextMs === 0) return { status: "unknown", reason: failure("config_invalid", `check cannot be judged: no success is ever expected ${rules.expectation}`) };
  if (state.failure) return { status: "down", reason: failure(state.failure.kind, state.failure.message) };
  const overrun = state.open.find((run) => isOverrun(run, at.nowMs, rules));
  if (overrun) return { status: "down", reason: failure("heartbeat_overrun", overrunMessage(overrun, at.nowMs, rules)) };
  if (state.lastSuccessAtMs === 0) return undefined;
  const due = dueOf(rules, state, at);
  if (due === undefined || state.open.some((run) => run.startedAtMs <= due.deadlineMs)) return "on time";
  const message = `no success since ${iso(state.lastSuccessAtMs)} (${ago(at.nowMs - state.lastSuccessAtMs)} ago), expected ${rules.expectation}`;
  const excuse = excuseOf(rules, due, at);
  return excuse === undefined
    ? { status: "down", reason: failure("heartbeat_missed", message) }
    : { status: "unknown", reason: failure("internal", `${message}: ${excuse}`) };
}

interface Due {
  expectedMs: number;
  deadlineMs: number;
}

/** When the success that is late was expected; undefined when none is late. */
function dueOf({ periodMs, graceMs }: HeartbeatRules, { lastSuccessAtMs }: HeartbeatState, { nowMs, cron }: Instant): Due | undefined {
  const expectedMs = periodMs > 0 ? lastSuccessAtMs + periodMs : (cron?.dueMs ?? 0);
  const deadlineMs = expectedMs + graceMs;
  const late = periodMs > 0 ? nowMs > deadlineMs : lastSuccessAtMs < expectedMs - earlyMs;
  return late ? { expectedMs, deadlineMs } : undefined;
}

/** Why a late success is no proof that the job did not succeed. It holds until the job would have reported once more. */
function excuseOf({ periodMs, graceMs }: HeartbeatRules, { expectedMs, deadlineMs }: Due, { nowMs, activeSinceMs, deaf }: Instant): string | undefined {
  const stillWaits = (fromMs: number) => (periodMs > 0 ? nowMs <= fromMs + periodMs + graceMs : expectedMs <= fromMs);
  if (deaf && deaf.fromMs <= deadlineMs && deaf.toMs >= expectedMs - graceMs && stillWaits(deaf.toMs)) {
    return `UptimePing itself did not run from ${iso(deaf.fromMs)} to ${iso(deaf.toMs)}, the next success is waited for`;
  }
  if (activeSinceMs > expectedMs - graceMs && stillWaits(activeSinceMs)) return `the check was resumed or changed at ${iso(activeSinceMs)}, its next success is waited for`;
  return undefined;
}

/** The newest run that ended, as the judge of every check sees an answer. */
function observationOf({ lastEnd }: HeartbeatState): Observation {
  const facts: Partial<Record<Source, unknown>> = { run_duration: lastEnd?.durationMs, exit_code: lastEnd?.exitCode };
  const none = Number.NaN;
  return {
    failure: undefined,
    code: 0,
    bodyBytes: 0,
    remoteAddress: "",
    latencyMs: none,
    dnsMs: none,
    connectMs: none,
    tlsMs: none,
    firstByteMs: none,
    transferMs: none,
    headers: () => [],
    text: () => "",
    document: () => undefined,
    certificateDays: () => undefined,
    fact: (source) => facts[source],
  };
}

function observedOf({ periodMs }: HeartbeatRules, state: HeartbeatState, { cron }: Instant, withExcerpt: boolean): JsonObject {
  const { lastEnd, lastStartAtMs, lastSuccessAtMs } = state;
  const nextExpectedMs = periodMs > 0 ? (lastSuccessAtMs > 0 ? lastSuccessAtMs + periodMs : 0) : (cron?.nextMs ?? 0);
  return {
    ...(lastSuccessAtMs > 0 && { lastSuccessAt: iso(lastSuccessAtMs) }),
    ...(lastStartAtMs > 0 && { lastStartAt: iso(lastStartAtMs) }),
    ...(nextExpectedMs > 0 && { nextExpectedAt: iso(nextExpectedMs) }),
    ...(lastEnd?.durationMs !== undefined && { runDurationMs: lastEnd.durationMs }),
    ...(lastEnd?.exitCode !== undefined && { exitCode: lastEnd.exitCode }),
    ...(withExcerpt && lastEnd !== undefined && lastEnd.excerpt !== "" && { excerpt: lastEnd.excerpt }),
  };
}
