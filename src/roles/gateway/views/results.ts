import type { AssertionOutcome, Attempt, CheckStatus, MissedSlots, Phases, Result, ResultError } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckCondition } from "#contracts/uptimeping/incident/v1/incident_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { isoOrNull, jsonObject, pageOf, parsedOrNull, time, timeOrNull } from "./shared.ts";

const ms = z.number().optional();
const phasesShape = z.strictObject({ dnsMs: ms, connectMs: ms, tlsMs: ms, firstByteMs: ms, transferMs: ms }).meta({ id: "Phases", description: "a phase that did not happen is absent" });

const errorShape = z
  .strictObject({ kind: z.string(), message: z.string(), hash: z.string() })
  .meta({ id: "ResultError", description: "kind is from a closed list; hash is the same for the same error of the same check" });

const assertionOutcomeShape = z
  .strictObject({ source: z.string(), op: z.string(), path: z.string().optional(), expected: z.unknown(), actual: z.unknown(), ok: z.boolean(), severity: z.string() })
  .meta({ id: "AssertionOutcome" });

const attemptShape = z.strictObject({ startedAt: time, latencyMs: z.number(), status: z.string(), error: errorShape.nullable() }).meta({ id: "Attempt" });

export const resultShape = z
  .strictObject({
    id: z.string(),
    checkId: z.string(),
    location: z.string(),
    scheduledAt: timeOrNull,
    startedAt: timeOrNull,
    finishedAt: timeOrNull,
    status: z.string().meta({ description: "up, degraded, down or unknown" }),
    latencyMs: z.number(),
    attempts: z.number(),
    phases: phasesShape,
    error: errorShape.nullable(),
    observed: jsonObject,
    assertions: z.array(assertionOutcomeShape),
    trigger: z.string().meta({ description: "schedule, manual or test" }),
    lagMs: z.number().meta({ description: "how late the probe started after its slot" }),
    probeLagMs: z.number().meta({ description: "what the probe itself added; already taken off the latency and the phases" }),
    lostSyns: z.number().meta({ description: "connection requests that the network lost, each of which costs a second or more; 3 means three or more" }),
    attemptDetails: z.array(attemptShape),
  })
  .meta({ id: "Result" });

const locationStatusShape = z
  .strictObject({ location: z.string(), state: z.string(), since: timeOrNull, lastResult: resultShape.nullable() })
  .meta({ id: "LocationStatus" });

export const statusShape = z
  .strictObject({
    checkId: z.string(),
    state: z.string().meta({ description: "up, degraded, down, unknown, pending or paused; at several locations down when a quorum of them is, else degraded when one of them is degraded or down" }),
    since: timeOrNull,
    lastResult: resultShape.nullable().meta({ description: "at the home location, or the first one; so is the strip" }),
    strip: z.string().meta({ description: "recent results, oldest first: u up, g degraded, d down, n unknown, m missed" }),
    stripLatencyMs: z.array(z.number().nullable()),
    uptime24h: z.number().nullable(),
    condition: z.string().optional().meta({ description: "quiet, suspected, down, recovering or held; absent in lists when it is quiet" }),
    flapping: z.boolean().optional(),
    maintenance: z.string().nullable().optional().meta({ description: "the maintenance window in which its newest failing run fell" }),
    locationsDown: z.array(z.string()).optional(),
    locationsUp: z.array(z.string()).optional(),
    locations: z.array(locationStatusShape).optional().meta({ description: "how it is at each location that it names; absent in lists" }),
  })
  .meta({ id: "CheckStatus" });

const briefResultShape = resultShape.pick({ id: true, location: true, startedAt: true, finishedAt: true, status: true, latencyMs: true, error: true }).meta({ id: "BriefResult" });

export const briefStatusShape = statusShape.extend({ lastResult: briefResultShape.nullable() }).meta({ id: "BriefCheckStatus" });

const missedShape = z.strictObject({ firstSlotAt: time, lastSlotAt: time, count: z.number(), reason: z.string(), location: z.string() }).meta({ id: "MissedSlots" });

export const historyShape = pageOf(resultShape).extend({ missed: z.array(missedShape) }).meta({ id: "History" });

export function resultView(result: Result) {
  const { id, checkId, location, scheduledAtMs, startedAtMs, finishedAtMs, status, latencyMs, attempts, trigger, lagMs, probeLagMs, lostSyns } = result;
  return {
    id,
    checkId,
    location,
    scheduledAt: isoOrNull(scheduledAtMs),
    startedAt: isoOrNull(startedAtMs),
    finishedAt: isoOrNull(finishedAtMs),
    status,
    latencyMs: measured(latencyMs) ?? 0,
    attempts,
    phases: phasesView(result.phases),
    error: errorView(result.error),
    observed: result.observed ?? {},
    assertions: result.assertions.map(assertionOutcomeView),
    trigger,
    lagMs: measured(lagMs) ?? 0,
    probeLagMs: measured(probeLagMs) ?? 0,
    lostSyns,
    attemptDetails: result.attemptDetails.map(attemptView),
  };
}

export function statusView(status: CheckStatus) {
  const { checkId, state, sinceMs, lastResult, strip, stripLatencyMs, uptime24h } = status;
  return {
    checkId,
    state,
    since: isoOrNull(sinceMs),
    lastResult: lastResult === undefined ? null : resultView(lastResult),
    strip,
    stripLatencyMs: stripLatencyMs.map((latencyMs) => rounded(latencyMs, latencyMs >= 100 ? 1 : latencyMs >= 10 ? 10 : 100)),
    uptime24h: uptime24h ?? null,
  };
}

export function locationsView({ locations }: CheckStatus) {
  return locations.map(({ location, state, sinceMs, lastResult }) => ({ location, state, since: isoOrNull(sinceMs), lastResult: lastResult === undefined ? null : resultView(lastResult) }));
}

/** What the incident role believes of it, to go beside what was measured. */
export function conditionView({ condition, flapping, maintenance, locationsDown, locationsUp }: CheckCondition) {
  return { condition, flapping, maintenance: maintenance || null, locationsDown, locationsUp };
}

/** For lists of a thousand: what a row shows of its last result, and a line drawn to the millisecond, or to a tenth of a short one. */
export function briefStatusView(status: CheckStatus) {
  const { lastResult, ...whole } = statusView(status);
  const rest = { ...whole, stripLatencyMs: status.stripLatencyMs.map((latencyMs) => rounded(latencyMs, latencyMs >= 10 ? 1 : 10)) };
  if (lastResult === null) return { ...rest, lastResult };
  const { id, location, startedAt, finishedAt, status: came, latencyMs, error } = lastResult;
  return { ...rest, lastResult: { id, location, startedAt, finishedAt, status: came, latencyMs, error } };
}

/** JSON would else show digits that were never measured, sixty times in each of a thousand rows. */
function rounded(latencyMs: number, partsOfMs: number): number | null {
  return Number.isFinite(latencyMs) ? Math.round(latencyMs * partsOfMs) / partsOfMs : null;
}

export function missedView({ firstSlotMs, lastSlotMs, count, reason, location }: MissedSlots) {
  return { firstSlotAt: iso(firstSlotMs), lastSlotAt: iso(lastSlotMs), count, reason, location };
}

function phasesView(phases: Phases | undefined) {
  const { dnsMs, connectMs, tlsMs, firstByteMs, transferMs } = phases ?? {};
  return { dnsMs: measured(dnsMs), connectMs: measured(connectMs), tlsMs: measured(tlsMs), firstByteMs: measured(firstByteMs), transferMs: measured(transferMs) };
}

/** In whole microseconds; more digits would be noise. JSON has no NaN: what was not measured is absent. */
function measured(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) ? Math.round(ms * 1_000) / 1_000 : undefined;
}

function errorView(error: ResultError | undefined) {
  return error === undefined ? null : { kind: error.kind, message: error.message, hash: error.hash };
}

function assertionOutcomeView({ source, op, path, expectedJson, actualJson, ok, severity }: AssertionOutcome) {
  return { source, op, ...(path !== "" && { path }), expected: parsedOrNull(expectedJson), actual: parsedOrNull(actualJson), ok, severity };
}

function attemptView({ startedAtMs, latencyMs, status, error }: Attempt) {
  return { startedAt: iso(startedAtMs), latencyMs: measured(latencyMs) ?? 0, status, error: errorView(error) };
}
