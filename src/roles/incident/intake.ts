/** One result: decides what it means, and puts what follows into the draft of its batch. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { IncidentChange } from "#ports/incidents";
import { decide, type Decision, type Policy, type Run } from "./decide.ts";
import type { EventType } from "./event.ts";
import { isQuiet, type Draft, type Entry } from "./memory.ts";
import { folded, opened, reopened, resolved } from "./outage.ts";
import type { Recorder } from "./recorder.ts";

/** One stored result, with the check as it was when it ran. */
export interface TakenResult {
  tenantId: string;
  check: Check;
  result: Result;
  /** Place in core's log of results. */
  sequence: number;
}

export function takeIn(draft: Draft, taken: TakenResult, reopenWindowMs: number, recorder: Recorder): void {
  const { tenantId, check, result } = taken;
  const entry = draft.find({ tenantId, checkId: check.id, location: result.location });
  // The way of nearly every result, thousands a second: nothing to decide and nothing to keep.
  if (result.status === "up" && isQuiet(entry)) return noteRun(entry, taken);
  const decision = decide(entry.state, runOf(taken), policyOf(check, reopenWindowMs), {
    incident: entry.incident,
    parentIncidentId: activeParent(draft, tenantId, check),
  });
  carryOut(draft, { ...entry, state: decision.state }, decision, { taken, recorder });
}

function carryOut(draft: Draft, entry: Entry, { effect, reason }: Decision, { taken, recorder }: { taken: TakenResult; recorder: Recorder }): void {
  const { note } = recorder;
  const tell = (type: EventType, change: IncidentChange) => recorder.record(draft, entry, change, { type, run: taken });
  switch (effect.kind) {
    case "none":
      return draft.note(entry);
    case "remember":
      return draft.remember(entry);
    case "open": {
      const { tenantId, checkId, location } = entry.state;
      const opening = { id: recorder.newIncidentId(), tenantId, checkId, location, checkName: taken.check.name, checkBody: new Uint8Array() };
      return tell("incident.opened", opened(opening, effect, recorder.now(), note));
    }
    case "reopen":
      return tell("incident.reopened", reopened(entry.incident!, effect, reason, note));
    case "fold": {
      const change = folded(entry.incident!, effect, note);
      // Nobody was told of a suppressed incident; a person who acknowledged it knows.
      if (effect.unsuppressed && change.incident.state === "open") return tell("incident.reopened", change);
      return draft.change(entry.state, change);
    }
    case "resolve": {
      const resolution = { endedAtMs: effect.endedAtMs, by: "system", reason, message: "" };
      return tell("incident.resolved", resolved(entry.incident!, resolution, recorder.now(), note));
    }
  }
}

/** Only in memory: a good run of a quiet check that comes again changes nothing. */
function noteRun({ state }: Entry, { sequence, result }: TakenResult): void {
  if (sequence <= state.lastSequence) return;
  state.lastSequence = sequence;
  state.lastRunAtMs = startOf(result);
}

function runOf({ sequence, result }: TakenResult): Run {
  const { status, error } = result;
  return {
    sequence,
    // A status of a newer core is no evidence either way.
    status: status === "up" || status === "degraded" || status === "down" ? status : "unknown",
    startedAtMs: startOf(result),
    error: { hash: error?.hash || status, kind: error?.kind || "internal", message: error?.message ?? "" },
  };
}

function startOf(result: Result): number {
  return Math.round(result.startedAtMs || result.scheduledAtMs);
}

function policyOf(check: Check, reopenWindowMs: number): Policy {
  return {
    failureThreshold: Math.max(1, check.failureThreshold),
    recoveryThreshold: Math.max(1, check.recoveryThreshold),
    severity: check.severity === "critical" || check.severity === "warning" ? check.severity : "",
    reopenWindowMs,
  };
}

function activeParent(draft: Draft, tenantId: string, check: Check): string {
  for (const parent of check.dependsOn) {
    const incidentId = draft.activeIncidentOf(tenantId, parent);
    if (incidentId !== "") return incidentId;
  }
  return "";
}
