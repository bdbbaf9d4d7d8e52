/**
 * From runs to incidents. Pure: the same runs give the same decisions, today and when they are replayed after a crash, because
 * every rule compares times of runs and never asks what time it is. What is not known from the runs comes in as facts.
 *
 * Runs are told apart by their place in core's log, never by a time: a wall clock that was set back must not make the runs after it
 * look like old ones, which would leave a check unwatched until the clock has caught up.
 *
 * Each location has a word: down after `failureThreshold` failing runs in a row, up again after `recoveryThreshold` good ones. A check
 * is down when as many of the fresh locations as the quorum asks for say so. With one location its word is the check's.
 *
 *   quiet      no active incident, no failing run pending. A good run changes nothing and is not written down.
 *   suspected  some failing runs, too few in a row or at too few locations. Good runs lead back to quiet. When the quorum is down an
 *              incident opens, or the newest one reopens when the outage began within `reopenWindowMs` of its resolve and one of the
 *              errors is one of its own.
 *   down       an incident is open or acknowledged. Failing runs fold into it: a known error adds an occurrence, a new one adds
 *              a cause.
 *   recovering an incident is active and good runs came. It is resolved once fewer than the quorum are down, as of the first good
 *              run of the last streak; a failing run in between starts that count again.
 *   held       a person resolved the incident while the check went on failing: nothing opens until good runs lead back to quiet, or
 *              a failing run begins `reopenWindowMs` after the resolve: then the same incident opens again. Or the opening waits:
 *              many checks fall together and it is being asked whether our own network is gone, or a check that this one depends on
 *              is suspected and will soon be known to be down or not, or this is the first run heard of and other locations may
 *              follow. The waits are bounded by those who give the facts; a check that failed twice more while it was asked about
 *              our own network opens at once.
 *
 * Flapping is a flag beside these. It begins once, with a message of its own, or with an incident of severity warning when none is
 * active. While it lasts the incident stays one and its recovery is pending; when it ends with the check up, the incident is
 * resolved. Five failing runs in a row are told at once, flapping or not.
 *
 * A run that was not observed (`unknown`) is no evidence, and neither is a failing run in a maintenance window or one that our own
 * lost network explains: it moves nothing. A run whose place in the log is not after the newest one seen was decided on already.
 *
 * Severity follows the run (`down` is critical, `degraded` is a warning) unless the check says otherwise, and within an incident
 * only rises. While a check that this one depends on has an active incident, an incident opens suppressed; when it fails on
 * after that has ended, the suppression ends too, or nobody would ever hear of it.
 */
import type { CheckState, Incident, Severity, StreakCause } from "#ports/incidents";
import type { Quorum } from "#ports/quorum";
import { raisedSeverity, worstOf } from "./causes.ts";
import { percentOfChange, solidOutageRuns, withoutNewestFailures } from "./flapping.ts";
import { locationIn, outageEnd, outageStart, streakOf, verdictOf, withLocation, withRunSeen, type Verdict } from "./locations.ts";
import { causeOf, withFailingRun, withGoodRun } from "./word.ts";

export interface Run {
  /** Place in core's log; the runs of a check at a location come in this order. */
  sequence: number;
  location: string;
  status: "up" | "degraded" | "down" | "unknown";
  startedAtMs: number;
  error: { hash: string; kind: string; message: string };
}

export interface Policy {
  failureThreshold: number;
  recoveryThreshold: number;
  quorum: Quorum;
  /** "" follows from the run. */
  severity: Severity | "";
  reopenWindowMs: number;
}

export type Wait = "held_for_mass_failure" | "waiting_for_parent" | "waiting_for_locations";

export interface Facts {
  /** The incident that `state.incidentId` names. */
  incident: Incident | undefined;
  /** An active incident of a check that this one depends on, or "". */
  parentIncidentId: string;
  /** The maintenance window in which the run falls, or "". */
  maintenance: string;
  /** Why an opening has to wait, or "". */
  wait: Wait | "";
  /** Many checks fell together, and it was asked whether that is our own fault. */
  isMassFailure: boolean;
  /** Our own network is gone, which explains this failure. */
  isOwnOutage: boolean;
}

export type Reason =
  | "already_seen"
  | "healthy"
  | "not_observed"
  | "in_maintenance"
  | "own_connectivity_lost"
  | "below_failure_threshold"
  | "below_quorum"
  | "recovered_before_threshold"
  | "failure_threshold_reached"
  | "failed_again_within_reopen_window"
  | "held_after_manual_resolve"
  | "still_failing_after_manual_resolve"
  | Wait
  | "mass_failure_released"
  | "flapping_started"
  | "solid_outage_while_flapping"
  | "known_error"
  | "new_error"
  | "parent_recovered"
  | "check_went_down"
  | "below_recovery_threshold"
  | "down_elsewhere"
  | "recovered_but_flapping"
  | "recovered";

export type Effect =
  /** Nothing that would be missed after a crash. */
  | { kind: "none" }
  /** Only the state is to be kept. */
  | { kind: "remember" }
  /** What failed so far, and this run, become the causes. */
  | { kind: "open" | "reopen"; startedAtMs: number; causes: StreakCause[]; severity: Severity; suppressedBy: string }
  /** `tell` names the event that goes out with it, if any. */
  | { kind: "fold"; cause: StreakCause; raised: boolean; unsuppressed: boolean; tell: Told | "" }
  | { kind: "resolve"; endedAtMs: number };

export type Told = "incident.reopened" | "incident.severity_raised" | "incident.flapping";

/** An entry for the timeline of the incident, when it has one, beside those that the effect makes. */
export interface Mark {
  type: "flapping" | "flapping_ended" | "recovery_pending" | "solid_outage" | "location_down" | "location_recovered" | "maintenance";
  reason: string;
  message: string;
}

export interface Decision {
  reason: Reason;
  state: CheckState;
  effect: Effect;
  marks: Mark[];
}

/** A check that failed so many times more while its opening waited for the answer about our own network does not wait on. */
const mostRunsHeld = 2;

export function decide(state: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  if (run.sequence <= locationIn(state, run.location).lastSequence) return nothing("already_seen", state);
  const seen = withRunSeen(state, run);
  if (run.status === "unknown") return nothing("not_observed", seen);
  if (run.status === "up") return afterGoodRun(seen, run, policy, facts);
  if (facts.maintenance !== "") return inMaintenance(seen, facts);
  if (facts.isOwnOutage) return nothing("own_connectivity_lost", seen);
  return afterFailingRun({ ...seen, maintenance: "" }, run, policy, facts);
}

/** The facts changed while an opening waited: what follows from what was seen so far. `run` is the newest failing one. */
export function reconsider(state: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  if (facts.isOwnOutage) return dismiss(state);
  const verdict = verdictOf(state, run.startedAtMs, policy.quorum);
  if (isActive(facts.incident) || verdict.down.length < verdict.needed) return nothing("already_seen", state);
  return startOrWait({ before: state, after: state, verdict, run, policy, facts });
}

/** Failures that no incident has taken in turned out to be our own fault: they never were. */
export function dismiss(state: CheckState): Decision {
  const locations = state.locations.map((each) => ({
    ...each,
    failures: 0,
    firstFailureAtMs: 0,
    streak: [],
    down: false,
    history: withoutNewestFailures(each.history, each.failures),
  }));
  return { reason: "own_connectivity_lost", state: { ...state, locations }, effect: { kind: "remember" }, marks: [] };
}

export function isActive(incident: Incident | undefined): incident is Incident & { state: "open" | "acknowledged" } {
  return incident !== undefined && incident.state !== "resolved";
}

function nothing(reason: Reason, state: CheckState): Decision {
  return { reason, state, effect: { kind: "none" }, marks: [] };
}

function inMaintenance(state: CheckState, { maintenance, incident }: Facts): Decision {
  const after = { ...state, maintenance };
  if (!isActive(incident) || state.maintenance === maintenance) return nothing("in_maintenance", after);
  const marks: Mark[] = [{ type: "maintenance", reason: "in_maintenance", message: `failing runs in ${maintenance} do not count` }];
  return { reason: "in_maintenance", state: after, effect: { kind: "remember" }, marks };
}

function afterGoodRun(seen: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  const isOngoing = isActive(facts.incident);
  const before = locationIn(seen, run.location);
  const here = withGoodRun(before, run, policy, { isOngoing, isAlone: seen.locations.length === 1 });
  const counted = withLocation({ ...seen, maintenance: "" }, here);
  const verdict = verdictOf(counted, run.startedAtMs, policy.quorum);
  const after: CheckState = {
    ...counted,
    flapping: seen.flapping && isFlappingWith(verdict),
    held: seen.held && verdict.fresh.filter((each) => each.failures > 0).length >= verdict.needed,
  };
  const marks = marksOf(seen, after, run.location);
  if (!isOngoing) {
    const isSame = before.failures === 0 && !before.down && seen.held === after.held && seen.flapping === after.flapping;
    return isSame ? nothing("healthy", after) : { reason: "recovered_before_threshold", state: after, effect: { kind: "remember" }, marks: [] };
  }
  if (verdict.down.length >= verdict.needed || here.goods < policy.recoveryThreshold) {
    const reason = here.down || here.goods < policy.recoveryThreshold ? "below_recovery_threshold" : "down_elsewhere";
    return { reason, state: after, effect: { kind: "remember" }, marks };
  }
  if (after.flapping) {
    if (here.goods === policy.recoveryThreshold) marks.push({ type: "recovery_pending", reason: "recovered_but_flapping", message: "up, and resolved once it no longer flaps" });
    return { reason: "recovered_but_flapping", state: after, effect: { kind: "remember" }, marks };
  }
  return { reason: "recovered", state: withGoodsForgotten(after), effect: { kind: "resolve", endedAtMs: outageEnd(after, verdict) }, marks };
}

function afterFailingRun(seen: CheckState, run: Run, policy: Policy, facts: Facts): Decision {
  const isOngoing = isActive(facts.incident);
  const counted = withLocation(seen, withFailingRun(locationIn(seen, run.location), run, policy, isOngoing));
  const verdict = verdictOf(counted, run.startedAtMs, policy.quorum);
  const after: CheckState = { ...counted, flapping: isFlappingWith(verdict) };
  if (isOngoing) return fold({ before: seen, after, verdict, run, policy, facts });
  const isDown = verdict.down.length >= verdict.needed;
  if (isDown || (after.flapping && !seen.flapping && !after.held)) return startOrWait({ before: seen, after, verdict, run, policy, facts });
  const reason = locationIn(after, run.location).down ? "below_quorum" : "below_failure_threshold";
  return { reason, state: after, effect: { kind: "remember" }, marks: [] };
}

/** One failing run with all that a decision on it rests on. `after` has counted it. */
interface Failing {
  before: CheckState;
  after: CheckState;
  verdict: Verdict;
  run: Run;
  policy: Policy;
  facts: Facts;
}

function startOrWait(failing: Failing): Decision {
  const { before, after, run, policy, facts } = failing;
  const last = facts.incident;
  // Whoever waits has not begun to flap: that is told with the opening.
  const remember = (reason: Reason): Decision => ({ reason, state: { ...after, flapping: before.flapping }, effect: { kind: "remember" }, marks: [] });
  if (last && after.held) {
    // A run that lies long before the resolve means that the clock was set back: then it is better told than held.
    const heldForMs = Math.abs(run.startedAtMs - last.resolvedAtMs);
    if (heldForMs < policy.reopenWindowMs) return remember("held_after_manual_resolve");
  }
  const isPatient = facts.wait !== "held_for_mass_failure" || locationIn(after, run.location).failures < policy.failureThreshold + mostRunsHeld;
  if (facts.wait !== "" && isPatient) return remember(facts.wait);
  return start(failing);
}

function start({ after, verdict, run, policy, facts }: Failing): Decision {
  const last = facts.incident;
  const isDown = verdict.down.length >= verdict.needed;
  const startedAtMs = isDown ? outageStart(verdict) : locationIn(after, run.location).firstFailureAtMs;
  const streak = streakOf(after.locations);
  const isAgain = last !== undefined && (after.held || isSameOutage(startedAtMs, streak, last, policy));
  // It never failed long enough to be called down.
  const severity = isDown ? worstOf(streak) : policy.severity || "warning";
  const locations = after.locations.map((each) => ({ ...each, streak: [], goods: 0, firstGoodAtMs: 0, down: each.down || (!isDown && each.failures > 0) }));
  return {
    reason: reasonToStart({ isDown, isAgain, isHeld: after.held, isMassFailure: facts.isMassFailure }),
    state: { ...after, locations, held: false },
    effect: { kind: isAgain ? "reopen" : "open", startedAtMs, causes: streak, severity, suppressedBy: facts.parentIncidentId },
    marks: after.flapping ? [flappingMark(after)] : [],
  };
}

function reasonToStart(it: { isDown: boolean; isAgain: boolean; isHeld: boolean; isMassFailure: boolean }): Reason {
  if (it.isMassFailure) return "mass_failure_released";
  if (it.isHeld) return "still_failing_after_manual_resolve";
  if (!it.isDown) return "flapping_started";
  return it.isAgain ? "failed_again_within_reopen_window" : "failure_threshold_reached";
}

function fold({ before, after, verdict, run, policy, facts }: Failing): Decision {
  const incident = facts.incident!;
  const cause = causeOf(run, policy);
  const isKnown = incident.causes.some((each) => each.errorHash === cause.errorHash);
  const isSolid = before.flapping && isSolidOutage(verdict) && locationIn(after, run.location).failures === solidOutageRuns;
  // Who was told that it flaps need not hear of each time it is down.
  const raised = incident.severity !== raisedSeverity(incident.severity, cause.severity) && (!after.flapping || isSolid);
  const unsuppressed = incident.suppressedBy !== "" && facts.parentIncidentId === "";
  const flaps = after.flapping && !before.flapping;
  const marks = marksOf(before, after, run.location);
  if (isSolid) marks.push({ type: "solid_outage", reason: "solid_outage_while_flapping", message: `${solidOutageRuns} failing runs in a row` });
  const [reason, tell] = toldBy({ isSolid, raised, flaps, unsuppressed: unsuppressed && incident.state === "open", isKnown });
  return { reason, state: after, effect: { kind: "fold", cause, raised, unsuppressed, tell }, marks };
}

function toldBy(it: { isSolid: boolean; raised: boolean; flaps: boolean; unsuppressed: boolean; isKnown: boolean }): [Reason, Told | ""] {
  if (it.unsuppressed) return ["parent_recovered", "incident.reopened"];
  if (it.isSolid) return ["solid_outage_while_flapping", it.raised ? "incident.severity_raised" : "incident.reopened"];
  if (it.flaps) return ["flapping_started", "incident.flapping"];
  if (it.raised) return ["check_went_down", "incident.severity_raised"];
  return [it.isKnown ? "known_error" : "new_error", ""];
}

function isSameOutage(startedAtMs: number, streak: StreakCause[], last: Incident, policy: Policy): boolean {
  const within = startedAtMs - last.resolvedAtMs <= policy.reopenWindowMs;
  return within && streak.some((cause) => last.causes.some((each) => each.errorHash === cause.errorHash));
}

function isFlappingWith({ fresh, needed }: Verdict): boolean {
  return fresh.filter((each) => each.flapping).length >= needed;
}

function isSolidOutage({ fresh, needed }: Verdict): boolean {
  return fresh.filter((each) => each.failures >= solidOutageRuns).length >= needed;
}

/** What the change of a state says to those who read the timeline. */
function marksOf(before: CheckState, after: CheckState, location: string): Mark[] {
  const marks: Mark[] = [];
  const [was, is] = [locationIn(before, location), locationIn(after, location)];
  const isAlone = after.locations.length === 1;
  if (!isAlone && is.down && !was.down) marks.push({ type: "location_down", reason: "location_down", message: `down from ${location} as well` });
  if (!isAlone && was.down && !is.down) marks.push({ type: "location_recovered", reason: "location_recovered", message: `up again from ${location}` });
  if (after.flapping && !before.flapping) marks.push(flappingMark(after));
  if (before.flapping && !after.flapping) marks.push({ type: "flapping_ended", reason: "flapping_ended", message: "its runs agree again" });
  return marks;
}

function flappingMark({ locations }: CheckState): Mark {
  const percent = Math.max(...locations.map((each) => percentOfChange(each.history)));
  return { type: "flapping", reason: "flapping_started", message: `its runs changed by ${Math.round(percent)} % lately` };
}

function withGoodsForgotten(state: CheckState): CheckState {
  return { ...state, locations: state.locations.map((each) => ({ ...each, goods: 0, firstGoodAtMs: 0 })) };
}
