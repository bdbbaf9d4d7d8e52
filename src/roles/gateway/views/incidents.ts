import type { Cause, Incident, TimelineEntry } from "#contracts/uptimeping/incident/v1/incident_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { isoOrNull, time, timeOrNull } from "./shared.ts";

const causeShape = z
  .strictObject({ errorHash: z.string(), kind: z.string(), message: z.string(), firstSeenAt: timeOrNull, lastSeenAt: timeOrNull, occurrences: z.number() })
  .meta({ id: "Cause" });

const timelineShape = z
  .strictObject({ id: z.string(), at: time, type: z.string(), actor: z.string(), reason: z.string(), message: z.string() })
  .meta({ id: "TimelineEntry" });

export const incidentShape = z
  .strictObject({
    id: z.string(),
    checkId: z.string(),
    checkName: z.string(),
    state: z.string().meta({ description: "open, acknowledged or resolved" }),
    severity: z.string().meta({ description: "critical or warning" }),
    errorHash: z.string(),
    startedAt: timeOrNull,
    endedAt: timeOrNull,
    openedAt: timeOrNull,
    acknowledgedAt: timeOrNull,
    resolvedAt: timeOrNull,
    occurrences: z.number(),
    suppressedBy: z.string().nullable().meta({ description: "id of the check that was down already, so that nobody was paged" }),
    causes: z.array(causeShape),
    timeline: z.array(timelineShape),
  })
  .meta({ id: "Incident" });

export function incidentView(incident: Incident) {
  const { id, checkId, checkName, state, severity, errorHash, occurrences, suppressedBy } = incident;
  return {
    id,
    checkId,
    checkName,
    state,
    severity,
    errorHash,
    startedAt: isoOrNull(incident.startedAtMs),
    endedAt: isoOrNull(incident.endedAtMs),
    openedAt: isoOrNull(incident.openedAtMs),
    acknowledgedAt: isoOrNull(incident.acknowledgedAtMs),
    resolvedAt: isoOrNull(incident.resolvedAtMs),
    occurrences,
    suppressedBy: suppressedBy || null,
    causes: incident.causes.map(causeView),
    timeline: incident.timeline.map(timelineView),
  };
}

function causeView({ errorHash, kind, message, firstSeenAtMs, lastSeenAtMs, occurrences }: Cause) {
  return { errorHash, kind, message, firstSeenAt: isoOrNull(firstSeenAtMs), lastSeenAt: isoOrNull(lastSeenAtMs), occurrences };
}

function timelineView({ id, atMs, type, actor, reason, message }: TimelineEntry) {
  return { id, at: iso(atMs), type, actor, reason, message };
}
