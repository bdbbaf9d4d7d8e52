/**
 * From runs to incidents. Pure: the same runs give the same decisions, today and when they are replayed after a crash, because
 * every rule compares times of runs and never asks what time it is.
 *
 * Runs are told apart by their place in core's log, never by a time: a wall clock that was set back must not make the runs after it
 * look like old ones, which would leave a check unwatched until the clock has caught up.
 *
 * A check at a location is in one of four situations:
 *
 *   quiet      no active incident, no failing run pending. A good run changes nothing and is not written down.
 *   suspected  some failing runs in a row, fewer than `failureThreshold`. A good run leads back to quiet; the last missing failing
 *              run opens an incident, or reopens the newest one when the first failing run began within `reopenWindowMs` of its
 *              resolve and one of the errors is one of its own.
 *   active     an incident is open or acknowledged. Failing runs fold into it: a known error adds an occurrence, a new one adds
 *              a cause. `recoveryThreshold` good runs in a row resolve it, as of the first of them; a failing run in between
 *              starts that count again.
 *   held       a person resolved the incident while the check went on failing. Nothing opens until a good run leads back to
 *              quiet, or a failing run begins `reopenWindowMs` after the resolve: then the same incident opens again.
 *
 * A run that was not observed (`unknown`) is no evidence: it moves nothing. A run whose place in the log is not after the newest one
 * seen was decided on already.
 *
 * Severity follows the run (`down` is critical, `degraded` is a warning) unless the check says otherwise, and within an incident
 * only rises. While a check that this one depends on has an active incident, an incident opens suppressed; when it fails on
 * after that has ended, the suppression ends too, or nobody would ever hear of it.
 */
import type { CheckState, Incident, Severity, StreakCause } from "#ports/incidents";

export interface Run {
  /** Place in core's log; the runs of a check come in this order. */
  sequence: number;
  status: "up" | "degraded" | "down" | "unknown";
  startedAtMs: number;
  error: { hash: string; kind: string; message: string };
}

export interface Policy {
  failureThreshold: number;
  recoveryThreshold: number;
  /** "" follows from the run. */
  severity: Severity | "";
  reopenWindowMs: number;
}

export interface Facts {
  /** The incident that `state.incidentId` names. */
  incident: Incident | undefined;
  /** An active incident of a check that this one depends on, or "". */
  parentIncidentId: string;
}

export type Reason =
  | "already_seen"
  | "healthy"
  | "not_observed"
  | "below_failure_threshold"
  | "recovered_before_threshold"
  | "failure_threshold_reached"
  | "failed_again_within_reopen_window"
  | "held_after_manual_resolve"
  | "still_failing_after_manual_resolve"
  | "known_error"
  | "new_error"
  | "below_recovery_threshold"
  | "recovered";

export type Effect =
  /** Nothing that would be missed after a crash. */
  | { kind: "none" }
  /** Only the state is to be kept. */
  | { kind: "remember" }
  /** `state.streak` before the decision, and this run, become the causes. */
  | { kind: "open" | "reopen"; startedAtMs: number; causes: StreakCause[]; severity: Severity; suppressedBy: string }
  | { kind: "fold"; cause: StreakCause; raised: boolean; unsuppressed: boolean }
  | { kind: "resolve"; endedAtMs: number };

export interface Decision {
  reason: Reason;
  state: CheckState;
  effect: Effect;
}

/** Different errors kept of one streak or one incident; further ones only count. A site can make up a new error with each answer. */
export const mostCauses = 50;

export function decide(state: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  if (run.sequence <= state.lastSequence) return { reason: "already_seen", state, effect: { kind: "none" } };
  const seen: CheckState = { ...state, lastSequence: run.sequence, lastRunAtMs: run.startedAtMs };
  if (run.status === "unknown") return { reason: "not_observed", state: seen, effect: { kind: "none" } };
  return run.status === "up" ? afterGoodRun(seen, run, policy, facts) : afterFailingRun(seen, run, policy, facts);
}

export function isActive(incident: Incident | undefined): incident is Incident & { state: "open" | "acknowledged" } {
  return incident !== undefined && incident.state !== "resolved";
}

export function raisedSeverity(first: Severity, second: Severity): Severity {
  return first === "critical" || second === "critical" ? "critical" : "warning";
}

function afterGoodRun(state: CheckState, run: Run, policy: Policy, { incident }: Facts): Decision {
  const after: CheckState = { ...state, failures: 0, firstFailureAtMs: 0, streak: [], held: false };
  if (!isActive(incident)) {
    return state.failures === 0
      ? { reason: "healthy", state: after, effect: { kind: "none" } }
      : { reason: "recovered_before_threshold", state: after, effect: { kind: "remember" } };
  }
  const goods = state.goods + 1;
  const firstGoodAtMs = state.goods === 0 ? run.startedAtMs : state.firstGoodAtMs;
  if (goods < policy.recoveryThreshold) {
    return { reason: "below_recovery_threshold", state: { ...after, goods, firstGoodAtMs }, effect: { kind: "remember" } };
  }
  return { reason: "recovered", state: { ...after, goods: 0, firstGoodAtMs: 0 }, effect: { kind: "resolve", endedAtMs: firstGoodAtMs } };
}

function afterFailingRun(state: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  const after: CheckState = {
    ...state,
    failures: state.failures + 1,
    firstFailureAtMs: state.failures === 0 ? run.startedAtMs : state.firstFailureAtMs,
    goods: 0,
    firstGoodAtMs: 0,
  };
  if (isActive(facts.incident)) return fold(after, run, policy, facts);
  const streak = withRun(state.streak, run, policy);
  const remember = (reason: Reason): Decision => ({ reason, state: { ...after, streak }, effect: { kind: "remember" } });
  const start = (kind: "open" | "reopen", reason: Reason): Decision => ({
    reason,
    state: { ...after, streak: [], held: false },
    effect: { kind, startedAtMs: after.firstFailureAtMs, causes: streak, severity: worstOf(streak), suppressedBy: facts.parentIncidentId },
  });

  if (after.failures < policy.failureThreshold) return remember("below_failure_threshold");
  const last = facts.incident;
  if (last && after.held) {
    // A run that lies long before the resolve means that the clock was set back: then it is better told than held.
    const heldForMs = Math.abs(run.startedAtMs - last.resolvedAtMs);
    return heldForMs < policy.reopenWindowMs ? remember("held_after_manual_resolve") : start("reopen", "still_failing_after_manual_resolve");
  }
  if (last && isSameOutage(after, streak, last, policy)) return start("reopen", "failed_again_within_reopen_window");
  return start("open", "failure_threshold_reached");
}

function fold(after: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  const incident = facts.incident!;
  const cause = causeOf(run, policy);
  const known = incident.causes.some((each) => each.errorHash === cause.errorHash);
  return {
    reason: known ? "known_error" : "new_error",
    state: after,
    effect: {
      kind: "fold",
      cause,
      raised: incident.severity !== raisedSeverity(incident.severity, cause.severity),
      unsuppressed: incident.suppressedBy !== "" && facts.parentIncidentId === "",
    },
  };
}

function isSameOutage(state: CheckState, streak: StreakCause[], last: Incident, policy: Policy): boolean {
  const within = state.firstFailureAtMs - last.resolvedAtMs <= policy.reopenWindowMs;
  return within && streak.some((cause) => last.causes.some((each) => each.errorHash === cause.errorHash));
}

function causeOf(run: Run, policy: Policy): StreakCause {
  const followed: Severity = run.status === "down" ? "critical" : "warning";
  return {
    errorHash: run.error.hash,
    kind: run.error.kind,
    message: run.error.message,
    firstSeenAtMs: run.startedAtMs,
    lastSeenAtMs: run.startedAtMs,
    occurrences: 1,
    severity: policy.severity === "" ? followed : policy.severity,
  };
}

function withRun(streak: StreakCause[], run: Run, policy: Policy): StreakCause[] {
  const cause = causeOf(run, policy);
  const at = streak.findIndex((each) => each.errorHash === cause.errorHash);
  if (at < 0) return streak.length < mostCauses ? [...streak, cause] : streak;
  const known = streak[at]!;
  return streak.with(at, {
    ...known,
    message: cause.message,
    lastSeenAtMs: cause.lastSeenAtMs,
    occurrences: known.occurrences + 1,
    severity: raisedSeverity(known.severity, cause.severity),
  });
}

function worstOf(streak: StreakCause[]): Severity {
  return streak.some((cause) => cause.severity === "critical") ? "critical" : "warning";
}
