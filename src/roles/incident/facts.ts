/** What a decision rests on beside the runs: gathered here, so that deciding stays pure. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import { mostWaitMs } from "#ports/detection_bound";
import type { CheckState } from "#ports/incidents";
import { labelsOf } from "#ports/matchers";
import type { Tracing } from "#kernel/tracing";
import { homeLocation } from "#ports/queue";
import { neededOf, quorumOfText } from "#ports/quorum";
import { isActive, type decide, type dismiss, type Facts, type Policy, type reconsider, type Run } from "./decide.ts";
import { periodOfCheck } from "./locations.ts";
import { mayBeOurs, type MassFailure } from "./mass_failure.ts";
import type { Draft, Entry } from "./memory.ts";
import type { Recorder } from "./recorder.ts";
import type { Roster } from "./roster.ts";
import type { Waiting } from "./waiting.ts";

/** One stored result, with the check as it was when it ran. */
export interface TakenResult {
  tenantId: string;
  body: CheckResult;
}

/** The maintenance window in which a check with these labels is at that time, if any. */
export type CoveringAt = (tenantId: string, labels: Record<string, string>, atMs: number) => { windowId: string } | undefined;

/** The decisions, so that a test can break them on purpose. */
export interface Rules {
  decide: typeof decide;
  reconsider: typeof reconsider;
  dismiss: typeof dismiss;
}

export interface Surroundings {
  rules: Rules;
  reopenWindowMs: number;
  coveringAt: CoveringAt;
  recorder: Recorder;
  tracing: Tracing;
  massFailure: MassFailure;
  waiting: Waiting;
  roster: Roster;
}

/** Of a check whose period is not known yet. */
const usualPeriodMs = 60_000;

export interface KnownFacts extends Facts {
  /** How long a wait that begins now may last. */
  maxWaitMs: number;
}

export function factsOf(draft: Draft, entry: Entry, { tenantId, body }: TakenResult, around: Surroundings): KnownFacts {
  const check = body.check!;
  const known: KnownFacts = {
    incident: entry.incident,
    parentIncidentId: activeParent(draft, tenantId, check),
    maintenance: "",
    wait: "",
    isMassFailure: false,
    isOwnOutage: false,
    maxWaitMs: 0,
  };
  if (!isFailing(body)) return known;
  const waiter = around.waiting.of(check.id);
  const state = mayBeOurs(kindOf(body)) && body.location === homeLocation ? around.massFailure.state() : "calm";
  known.maintenance = around.coveringAt(tenantId, labelsOf(check), body.startedAtMs)?.windowId ?? "";
  known.isOwnOutage = state === "offline";
  known.isMassFailure = state === "asking" || state === "released" || waiter?.wait === "held_for_mass_failure";
  if (waiter && around.waiting.isOver(waiter)) return known;
  if (state === "asking") return { ...known, wait: "held_for_mass_failure", maxWaitMs: mostWaitMs };
  const parentMs = parentWaitMs(draft, tenantId, check, known.parentIncidentId);
  if (parentMs > 0) return { ...known, wait: "waiting_for_parent", maxWaitMs: parentMs };
  if (mayHaveOtherLocations(entry.state, body, around.roster)) return { ...known, wait: "waiting_for_locations", maxWaitMs: usualPeriodMs };
  return known;
}

/**
 * The first run that is heard of a check, where there is more than one location: the others may follow within a period. Later runs
 * come a period later, and whoever has not spoken by then has no say.
 */
function mayHaveOtherLocations({ locations }: CheckState, { check, sequence }: CheckResult, roster: Roster): boolean {
  const [first, second] = locations;
  const isFirstRun = first === undefined || (second === undefined && first.lastSequence === sequence && first.gapsMs.length === 0);
  const named = check!.locations.length;
  return isFirstRun && (named === 0 ? roster.hasSeveral() : named > 1) && neededOf(quorumOfText(check!.quorum), 2) > 1;
}

/** A child is not told before its parent when both fail together: a moment later it is known whether the parent is down. 0 is no wait. */
function parentWaitMs(draft: Draft, tenantId: string, check: Check, parentIncidentId: string): number {
  if (parentIncidentId !== "") return 0;
  for (const parent of check.dependsOn) {
    const { state, incident } = draft.find(tenantId, parent);
    const isSuspected = !isActive(incident) && !state.held && state.locations.some((each) => each.failures > 0);
    if (isSuspected) return Math.min(mostWaitMs, periodOfCheck(state) || usualPeriodMs);
  }
  return 0;
}

function activeParent(draft: Draft, tenantId: string, check: Check): string {
  for (const parent of check.dependsOn) {
    const { incident } = draft.find(tenantId, parent);
    if (isActive(incident)) return incident.id;
  }
  return "";
}

export function isFailing({ status }: CheckResult): boolean {
  return status === "down" || status === "degraded";
}

export function kindOf({ result }: CheckResult): string {
  return result?.error?.kind || "internal";
}

export function runOf(body: CheckResult): Run {
  const { sequence, location, status, startedAtMs } = body;
  const error = body.result?.error;
  return {
    sequence,
    location,
    // A status of a newer core is no evidence either way.
    status: status === "up" || status === "degraded" || status === "down" ? status : "unknown",
    startedAtMs: Math.round(startedAtMs),
    error: { hash: error?.hash || status, kind: kindOf(body), message: error?.message ?? "" },
  };
}

export function policyOf(check: Check, reopenWindowMs: number): Policy {
  return {
    failureThreshold: Math.max(1, check.failureThreshold),
    recoveryThreshold: Math.max(1, check.recoveryThreshold),
    quorum: quorumOfText(check.quorum),
    severity: check.severity === "critical" || check.severity === "warning" ? check.severity : "",
    reopenWindowMs,
  };
}
