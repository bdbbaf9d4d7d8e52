/**
 * What a message says, in the JSON shapes of the REST API. A field that is not named here does not leave the product:
 * a check carries credentials.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { Incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import { iso } from "#kernel/clock";

export type EventData = {
  incident?: (JsonObject & { id: string; checkName: string; severity: string }) | null;
  check?: (JsonObject & { name: string }) | null;
  result?: JsonObject | null;
  /** What a person wrote, for messages that are about no incident. */
  message?: { subject: string; text: string };
  /** The named reason of the decision. */
  reason?: string;
  /** Where to look and what to press; null without a public URL. Made when the message is sent. */
  links?: { incident: string | null; check: string | null; acknowledge: string | null };
  /** Kept with the rest, so that the trace goes on after a crash; it is no part of what is said. */
  traceparent?: string;
  /** For a subscriber of a status page, whose address is asked for when the message is sent. */
  subscriber?: { pageId: string; id: string; purpose: "confirm" | "news"; emailChannel: string; base: string; language: string };
  /** The same for programs. */
  status?: JsonObject;
  /** Several incidents in one message. */
  group?: { count: number; items: GroupItem[] };
};

export type GroupItem = {
  title: string;
  incidentId: string;
  checkId: string;
  checkName: string;
  state: string;
  severity: string;
  reason: string;
  startedAt: string | null;
};

/** An incident can grow for weeks; a message cannot. */
const keptEntries = 100;
const keptExcerpt = 1_024;

export function dataOf(event: IncidentEvent): EventData {
  return {
    incident: event.incident ? { ...incidentDocument(event.incident), ...locationsOf(event) } : null,
    check: event.check ? checkDocument(event.check) : null,
    result: event.result ? resultDocument(event.result) : null,
    reason: event.reason,
    ...(event.traceparent !== "" && { traceparent: event.traceparent }),
  };
}

/** Only of a check at several locations, when a run has changed something. */
function locationsOf({ locationsDown, locationsUp }: IncidentEvent): { locationsDown?: string[]; locationsUp?: string[] } {
  return locationsDown.length + locationsUp.length === 0 ? {} : { locationsDown: [...locationsDown], locationsUp: [...locationsUp] };
}

const time = (ms: number): string | null => (ms > 0 ? iso(ms) : null);

function incidentDocument(incident: Incident): NonNullable<EventData["incident"]> {
  return {
    id: incident.id,
    checkId: incident.checkId,
    checkName: incident.checkName,
    state: incident.state,
    severity: incident.severity,
    errorHash: incident.errorHash,
    startedAt: time(incident.startedAtMs),
    endedAt: time(incident.endedAtMs),
    openedAt: time(incident.openedAtMs),
    acknowledgedAt: time(incident.acknowledgedAtMs),
    resolvedAt: time(incident.resolvedAtMs),
    occurrences: incident.occurrences,
    suppressedBy: incident.suppressedBy === "" ? null : incident.suppressedBy,
    causes: incident.causes.slice(-keptEntries).map((cause) => ({
      errorHash: cause.errorHash,
      kind: cause.kind,
      message: cause.message,
      firstSeenAt: time(cause.firstSeenAtMs),
      lastSeenAt: time(cause.lastSeenAtMs),
      occurrences: cause.occurrences,
    })),
    timeline: incident.timeline.slice(-keptEntries).map((entry) => ({
      id: entry.id,
      at: time(entry.atMs),
      type: entry.type,
      actor: entry.actor,
      reason: entry.reason,
      message: entry.message,
    })),
  };
}

function checkDocument(check: Check): EventData["check"] {
  return {
    id: check.id,
    name: check.name,
    type: check.type,
    enabled: check.enabled,
    target: publicTarget(check.target ?? {}),
    assertions: check.assertions.map((assertion) => ({
      source: assertion.source,
      op: assertion.op,
      ...(assertion.path !== "" && { path: assertion.path }),
      ...(assertion.valueJson !== "" && { value: parsed(assertion.valueJson) }),
      ...(assertion.severity !== "" && { severity: assertion.severity }),
    })),
    timeoutMs: check.timeoutMs,
    retries: check.retries,
    failureThreshold: check.failureThreshold,
    recoveryThreshold: check.recoveryThreshold,
    tags: { ...check.tags },
    dependsOn: [...check.dependsOn],
    channels: [...check.channels],
    ...(check.locations.length > 0 && { locations: [...check.locations] }),
    severity: check.severity === "" ? null : check.severity,
    version: check.version,
  };
}

// Fields of a target that say where it is. Bodies, headers, variables and authentication stay at home.
const publicTargetFields = ["url", "method", "address", "host", "port", "mode", "service", "serverName", "name", "recordType", "server"];

function publicTarget(target: { [key: string]: unknown }): JsonObject {
  const known = publicTargetFields.filter((field) => Object.hasOwn(target, field) && typeof target[field] !== "object");
  return Object.fromEntries(known.map((field) => [field, field === "url" ? publicUrl(String(target[field])) : (target[field] as JsonValue)]));
}

/** Without user, password and the values of its query, any of which may be a credential. */
function publicUrl(text: string): string {
  if (!URL.canParse(text)) return "***";
  const url = new URL(text);
  url.username = "";
  url.password = "";
  // A copy of the names: setting one while walking them skips the next.
  for (const name of Array.from(url.searchParams.keys())) url.searchParams.set(name, "***");
  return url.href;
}

function resultDocument(result: Result): JsonObject {
  const { phases, error, observed } = result;
  const measured = { dnsMs: phases?.dnsMs, connectMs: phases?.connectMs, tlsMs: phases?.tlsMs, firstByteMs: phases?.firstByteMs, transferMs: phases?.transferMs };
  return {
    id: result.id,
    checkId: result.checkId,
    location: result.location,
    scheduledAt: time(result.scheduledAtMs),
    startedAt: time(result.startedAtMs),
    finishedAt: time(result.finishedAtMs),
    status: result.status,
    latencyMs: result.latencyMs,
    attempts: result.attempts,
    phases: Object.fromEntries(Object.entries(measured).filter((entry): entry is [string, number] => entry[1] !== undefined)),
    error: error ? { kind: error.kind, message: error.message, hash: error.hash } : null,
    observed: Object.fromEntries(
      Object.entries(observed ?? {}).map(([name, value]) => [name, typeof value === "string" ? value.slice(0, keptExcerpt) : (value as JsonValue)]),
    ),
    assertions: result.assertions.map((outcome) => ({
      source: outcome.source,
      op: outcome.op,
      ...(outcome.path !== "" && { path: outcome.path }),
      expected: parsed(outcome.expectedJson),
      actual: parsed(outcome.actualJson),
      ok: outcome.ok,
      ...(outcome.severity !== "" && { severity: outcome.severity }),
    })),
  };
}

function parsed(json: string): JsonValue {
  if (json === "") return null;
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return json;
  }
}
