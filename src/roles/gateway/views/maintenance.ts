/** Maintenance windows and corrections of the past. */
import type { Correction, ListMaintenanceOccurrencesResponse, MaintenancePreview, MaintenanceWindow, OverlaySpan } from "#contracts/uptimeping/incident/v1/incident_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { coveredChecks, isoOrNull, jsonObject, matcherList, matchersView, time, timeOrNull } from "./shared.ts";

const document = {
  name: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  matchers: matcherList.meta({ description: "all must hold: label is checkId, name, type or tag.NAME; op is eq, ne, in, not_in, matches or not_matches" }),
  schedule: jsonObject.meta({ description: "{ start, end }, { cron, duration, timezone } or { rrule, dtstart, duration, timezone, exdates? }; a duration is real elapsed time" }),
};

export const maintenanceShape = z
  .strictObject({
    id: z.string(),
    ...document,
    version: z.number(),
    createdAt: time,
    updatedAt: time,
    active: z.boolean(),
    activeUntil: timeOrNull,
    nextStart: timeOrNull,
    nextEnd: timeOrNull,
  })
  .meta({ id: "MaintenanceWindow" });

/** What a person writes. The incident role checks it in full; this is the outline for the documentation. */
export const maintenanceInput = z.strictObject(document).partial({ description: true, enabled: true }).meta({ id: "MaintenanceWindowInput" });

export const maintenancePatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }) })
  .partial()
  .meta({ id: "MaintenanceWindowPatch", description: "JSON merge patch (RFC 7396); a schedule is replaced as a whole" });

export const previewShape = z.strictObject({ occurrences: z.array(z.strictObject({ start: time, end: time })), ...coveredChecks });

export const occurrencesShape = z.strictObject({
  items: z.array(z.strictObject({ windowId: z.string(), start: time, end: time })),
  hasMore: z.boolean().meta({ description: "only the first thousand are listed" }),
});

export const correctionShape = z
  .strictObject({ id: z.string(), checkId: z.string(), from: time, to: time, countAs: z.string(), reason: z.string(), createdBy: z.string(), createdAt: time })
  .meta({ id: "Correction" });

export function maintenanceView(window: MaintenanceWindow) {
  const { id, name, description, enabled, version } = window;
  return {
    id,
    name,
    description,
    enabled,
    matchers: matchersView(window.matchers),
    schedule: window.schedule ?? {},
    version,
    createdAt: iso(window.createdAtMs),
    updatedAt: iso(window.updatedAtMs),
    active: window.activeUntilMs > 0,
    activeUntil: isoOrNull(window.activeUntilMs),
    nextStart: isoOrNull(window.nextStartMs),
    nextEnd: isoOrNull(window.nextEndMs),
  };
}

export function previewView({ occurrences, checks, checkCount }: MaintenancePreview) {
  return {
    occurrences: occurrences.map(({ startMs, endMs }) => ({ start: iso(startMs), end: iso(endMs) })),
    checks: checks.map(({ id, name }) => ({ id, name })),
    checkCount,
  };
}

export function occurrencesView({ items, hasMore }: ListMaintenanceOccurrencesResponse) {
  return { items: items.map(({ windowId, startMs, endMs }) => ({ windowId, start: iso(startMs), end: iso(endMs) })), hasMore };
}

export function correctionView({ id, checkId, fromMs, toMs, countAs, reason, createdBy, createdAtMs }: Correction) {
  return { id, checkId, from: iso(fromMs), to: iso(toMs), countAs, reason, createdBy, createdAt: iso(createdAtMs) };
}

export const overlaySpanShape = z.strictObject({ from: time, to: time, countAs: z.string().meta({ description: "up, down, unknown or maintenance" }), isCorrection: z.boolean() }).meta({ id: "OverlaySpan" });

export function overlaySpanView({ fromMs, toMs, countAs, isCorrection }: OverlaySpan) {
  return { from: iso(fromMs), to: iso(toMs), countAs, isCorrection };
}
