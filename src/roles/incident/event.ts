/** The events that tell the world of an incident. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";
import type { CheckState, Incident, IncidentChange, OutboxEvent } from "#ports/incidents";
import { wordsOf } from "./locations.ts";

export type EventType =
  | "incident.opened"
  | "incident.acknowledged"
  | "incident.resolved"
  | "incident.reopened"
  | "incident.severity_raised"
  | "incident.flapping";

/** A resolution is never muted, and what a person did neither. */
const mutedWhileSuppressed: EventType[] = ["incident.opened", "incident.reopened", "incident.severity_raised", "incident.flapping"];

export interface Occasion {
  id: string;
  type: EventType;
  atMs: number;
  /** Of the decision. */
  reason: string;
  /** The run that caused it, and its check; undefined when a person did. */
  run: { check: Check; result: Result } | undefined;
  /** Who says what of the check. */
  state: CheckState;
  /** "" when it is not traced. It is kept with the event, so that the trace goes on after a crash. */
  traceparent: string;
}

/** Gives the event, and the change whose incident has counted it. The event's timeline holds the entries of this change. */
export function withEvent(change: IncidentChange, { id, type, atMs, reason, run, state, traceparent }: Occasion): { change: IncidentChange; event: OutboxEvent } {
  const incident: Incident = {
    ...change.incident,
    eventSequence: change.incident.eventSequence + 1,
    checkBody: run ? bodyOf(run.check) : change.incident.checkBody,
  };
  const message = create(IncidentEventSchema, {
    id,
    tenantId: incident.tenantId,
    type,
    atMs,
    incident: { ...incident, timeline: change.timeline },
    check: fromBinary(CheckSchema, incident.checkBody),
    sequence: incident.eventSequence,
    reason,
    traceparent,
    muted: incident.suppressedBy !== "" && mutedWhileSuppressed.includes(type) ? "suppressed_by_dependency" : "",
    ...(run && { result: run.result }),
    ...(run && state.locations.length > 1 && wordsOf(state, run.result.startedAtMs)),
  });
  return { change: { ...change, incident }, event: { id, tenantId: incident.tenantId, body: toBinary(IncidentEventSchema, message) } };
}

function bodyOf(check: Check): Uint8Array {
  return toBinary(CheckSchema, withoutSecrets(check));
}

const plainTargetFields = ["url", "host", "port", "address", "name"] as const;

/** Headers, bodies, keys and queries stay behind: an event ends in mailboxes and on other people's servers. */
function withoutSecrets(check: Check): Check {
  const target: Record<string, string | number> = {};
  for (const field of plainTargetFields) {
    const value = check.target?.[field];
    if (typeof value === "number") target[field] = value;
    if (typeof value === "string") target[field] = withoutCredentials(value);
  }
  return { ...check, target, assertions: [] };
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1").replace(/[?#].*$/s, "");
}
