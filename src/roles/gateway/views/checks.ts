import type { Assertion, Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Schedule } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { iso } from "#kernel/clock";
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
  tags: z.record(z.string(), z.string()),
  dependsOn: z.array(z.string()),
  channels: z.array(z.string()),
  severity: z.string().nullable().meta({ description: "critical or warning; null follows from the result" }),
};

export const checkShape = z
  .strictObject({ id: z.string(), version: z.number(), ...document, createdAt: time, updatedAt: time, schedule: checkScheduleShape.nullable() })
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
  };
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
    tags,
    dependsOn,
    channels,
    severity: check.severity || null,
  };
}

function assertionView({ source, op, valueJson, path, severity }: Assertion) {
  return { source, op, ...(valueJson !== "" && { value: parsedOrNull(valueJson) }), ...(path !== "" && { path }), severity: severity || "down" };
}
