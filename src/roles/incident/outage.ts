/** What each decision and each act of a person makes of an incident. Pure: gives the changed incident and what is new about it. */
import type { Cause, Incident, IncidentChange, Severity, StreakCause, TimelineEntry } from "#ports/incidents";
import { mostCauses, raisedSeverity } from "./causes.ts";
import type { Reason } from "./decide.ts";

/** Makes the entries of a timeline; the caller knows the time and the ids. */
export type Note = (type: string, reason: string, message: string, actor?: string) => TimelineEntry;

export interface OutageStart {
  reason: Reason;
  startedAtMs: number;
  causes: StreakCause[];
  severity: Severity;
  suppressedBy: string;
}

export interface Opening {
  id: string;
  tenantId: string;
  checkId: string;
  checkName: string;
  location: string;
  checkBody: Uint8Array;
}

export function opened(opening: Opening, start: OutageStart, nowMs: number, note: Note): IncidentChange {
  const causes = start.causes.map(withoutSeverity);
  const incident: Incident = {
    ...opening,
    state: "open",
    severity: start.severity,
    errorHash: causes[0]!.errorHash,
    startedAtMs: start.startedAtMs,
    endedAtMs: 0,
    openedAtMs: nowMs,
    acknowledgedAtMs: 0,
    resolvedAtMs: 0,
    resolvedBy: "",
    occurrences: sumOf(causes),
    suppressedBy: start.suppressedBy,
    causes,
    eventSequence: 0,
  };
  const timeline = [note("opened", start.reason, causes.at(-1)!.message), ...suppression(start.suppressedBy, note)];
  return { incident, causes, timeline };
}

export function reopened(last: Incident, start: OutageStart, note: Note): IncidentChange {
  const { causes, changed } = merged(last.causes, start.causes.map(withoutSeverity));
  const incident: Incident = {
    ...last,
    state: "open",
    severity: raisedSeverity(last.severity, start.severity),
    endedAtMs: 0,
    acknowledgedAtMs: 0,
    resolvedAtMs: 0,
    resolvedBy: "",
    occurrences: last.occurrences + sumOf(start.causes),
    suppressedBy: start.suppressedBy,
    causes,
  };
  const timeline = [note("reopened", start.reason, start.causes.at(-1)!.message), ...suppression(start.suppressedBy, note)];
  if (incident.severity !== last.severity) timeline.push(note("severity_raised", "check_went_down", "warning became critical"));
  return { incident, causes: changed, timeline };
}

export interface Folding {
  cause: StreakCause;
  raised: boolean;
  unsuppressed: boolean;
}

export function folded(current: Incident, { cause, raised, unsuppressed }: Folding, note: Note): IncidentChange {
  const { causes, changed, added } = merged(current.causes, [withoutSeverity(cause)]);
  const timeline: TimelineEntry[] = [];
  if (added) timeline.push(note("cause_added", "new_error", cause.message));
  if (raised) timeline.push(note("severity_raised", "check_went_down", `${current.severity} became ${cause.severity}`));
  if (unsuppressed) timeline.push(note("unsuppressed", "parent_recovered", `still failing after ${current.suppressedBy} ended`));
  const incident: Incident = {
    ...current,
    severity: raised ? raisedSeverity(current.severity, cause.severity) : current.severity,
    occurrences: current.occurrences + 1,
    suppressedBy: unsuppressed ? "" : current.suppressedBy,
    causes,
  };
  return { incident, causes: changed, timeline };
}

/** What is known of an incident that a person found to be resolved too early. */
export function reopenedByPerson(last: Incident, by: string, comment: string, note: Note): IncidentChange {
  const incident: Incident = { ...last, state: "open", endedAtMs: 0, acknowledgedAtMs: 0, resolvedAtMs: 0, resolvedBy: "", suppressedBy: "" };
  return { incident, causes: [], timeline: [note("reopened", "by_person", comment, by)] };
}

export interface Resolution {
  endedAtMs: number;
  by: string;
  reason: string;
  message: string;
}

export function resolved(current: Incident, resolution: Resolution, nowMs: number, note: Note): IncidentChange {
  const { endedAtMs, by, reason, message } = resolution;
  // A clock that was set back must not make an outage end before it began.
  const incident: Incident = { ...current, state: "resolved", endedAtMs: Math.max(endedAtMs, current.startedAtMs), resolvedAtMs: nowMs, resolvedBy: by };
  return { incident, causes: [], timeline: [note("resolved", reason, message, by)] };
}

export function acknowledged(current: Incident, by: string, comment: string, nowMs: number, note: Note): IncidentChange {
  const incident: Incident = { ...current, state: "acknowledged", acknowledgedAtMs: nowMs };
  return { incident, causes: [], timeline: [note("acknowledged", "by_person", comment, by)] };
}

function suppression(suppressedBy: string, note: Note): TimelineEntry[] {
  return suppressedBy === "" ? [] : [note("suppressed", "parent_is_down", `a check this one depends on has ${suppressedBy}`)];
}

function merged(known: Cause[], news: Cause[]): { causes: Cause[]; changed: Cause[]; added: boolean } {
  const causes = [...known];
  const changed: Cause[] = [];
  let added = false;
  for (const cause of news) {
    const at = causes.findIndex((each) => each.errorHash === cause.errorHash);
    if (at < 0 && causes.length >= mostCauses) continue;
    const next = at < 0 ? cause : again(causes[at]!, cause);
    causes[at < 0 ? causes.length : at] = next;
    changed.push(next);
    added ||= at < 0;
  }
  return { causes, changed, added };
}

function again(known: Cause, cause: Cause): Cause {
  return { ...known, message: cause.message, lastSeenAtMs: cause.lastSeenAtMs, occurrences: known.occurrences + cause.occurrences };
}

function withoutSeverity({ severity: _severity, ...cause }: StreakCause): Cause {
  return cause;
}

function sumOf(causes: Cause[]): number {
  return causes.reduce((sum, cause) => sum + cause.occurrences, 0);
}
