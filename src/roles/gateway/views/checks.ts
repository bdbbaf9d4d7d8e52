import type { Assertion, Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Schedule } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { iso } from "#kernel/clock";
import { detectionBound } from "#ports/detection_bound";
import { quorumOfText } from "#ports/quorum";
import { locationsOf } from "#ports/series";
import { z } from "zod";
import { checkScheduleShape, checkScheduleView, scheduleInput } from "./schedules.ts";
import { jsonObject, parsedOrNull, time } from "./shared.ts";

const assertionShape = z
  .strictObject({
    source: z.string(),
    op: z.string(),
    value: z.unknown().optional(),
    path: z.string().optional(),
    severity: z.string().optional().meta({ description: "down (default) or degraded" }),
  })
  .meta({ id: "Assertion" });

const document = {
  name: z.string(),
  type: z.string().meta({ description: "http, tcp, grpc, graphql, …" }),
  enabled: z.boolean(),
  target: jsonObject.meta({ description: 'what to probe, by type; secret values read "***"' }),
  assertions: z.array(assertionShape),
  timeoutMs: z.number(),
  retries: z.number(),
  retryDelayMs: z.number(),
  failureThreshold: z.number(),
  recoveryThreshold: z.number(),
  quorum: z.union([z.enum(["any", "majority", "all"]), z.number()]).meta({ description: "how many of its locations must agree that it is down; majority is the default" }),
  locations: z.array(z.string()).meta({ description: 'where it runs from: 1 to 20 names such as "eu-1"; ["default"], the home location, when not given' }),
  tags: z.record(z.string(), z.string()),
  dependsOn: z.array(z.string()),
  channels: z.array(z.string()),
  severity: z.string().nullable().meta({ description: "critical or warning; null follows from the result" }),
};

const pingUrl = z.string().meta({ description: "of a heartbeat: where its job reports; only for those who may change the check" });

const guarantee = z
  .strictObject({
    detectMs: z.number().meta({ description: "from the beginning of an outage until it is known to be one" }),
    messageMs: z.number().meta({ description: "until its message is handed to the sender, in the worst case" }),
    alwaysToldMs: z.number().meta({ description: "a longer outage is always told" }),
    neverToldMs: z.number().meta({ description: "a shorter one never is" }),
  })
  .meta({ id: "Guarantee", description: "computed from timeout, retries, failureThreshold, quorum, locations and period; null for a check without a period" });

export const checkShape = z
  .strictObject({ id: z.string(), version: z.number(), ...document, createdAt: time, updatedAt: time, schedule: checkScheduleShape.nullable(), guarantee: guarantee.nullable(), pingUrl: pingUrl.optional() })
  .meta({ id: "Check" });

/** What a person writes. Config checks it in full; this is the outline for the documentation. */
export const checkInput = z
  .strictObject({ ...document, schedule: scheduleInput.nullable() })
  .partial()
  .required({ name: true, type: true, target: true })
  .meta({ id: "CheckInput" });

export const checkTrial = checkInput
  .extend({ id: z.string().optional().meta({ description: 'a saved check whose secrets fill in where this document reads "***"' }) })
  .meta({ id: "CheckTrial" });

export const checkPatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }), schedule: scheduleInput.nullable() })
  .partial()
  .meta({ id: "CheckPatch", description: "JSON merge patch (RFC 7396)" });

export function checkView(check: Check, schedule: Schedule | undefined) {
  return {
    id: check.id,
    version: check.version,
    ...documentView(check),
    createdAt: iso(check.createdAtMs),
    updatedAt: iso(check.updatedAtMs),
    schedule: schedule === undefined || schedule.state === "removed" ? null : checkScheduleView(schedule),
    guarantee: guaranteeOf(check, schedule),
  };
}

/** A heartbeat is bound by its own period and grace. */
function guaranteeOf(check: Check, schedule: Schedule | undefined) {
  const everyMs = schedule?.everyMs ?? 0;
  return everyMs === 0 || check.type === "heartbeat" ? null : detectionBound({ ...check, quorum: quorumOfText(check.quorum) }, { everyMs, locations: locationsOf(check).length });
}

function documentView(check: Check) {
  const { name, type, enabled, timeoutMs, retries, retryDelayMs, failureThreshold, recoveryThreshold, tags, dependsOn, channels } = check;
  return {
    name,
    type,
    enabled,
    target: check.target ?? {},
    assertions: check.assertions.map(assertionView),
    timeoutMs,
    retries,
    retryDelayMs,
    failureThreshold,
    recoveryThreshold,
    quorum: quorumOfText(check.quorum),
    locations: [...locationsOf(check)],
    tags,
    dependsOn,
    channels,
    severity: check.severity || null,
  };
}

function assertionView({ source, op, valueJson, path, severity }: Assertion) {
  return { source, op, ...(valueJson !== "" && { value: parsedOrNull(valueJson) }), ...(path !== "" && { path }), severity: severity || "down" };
}
