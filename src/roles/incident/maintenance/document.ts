/** A maintenance window as a person writes it; all that is wrong is said at once. */
import type { JsonObject } from "@bufbuild/protobuf";
import { Cron } from "croner";
import { z } from "zod";
import { AppError, pointerOf } from "#kernel/errors";
import { formatDuration, parseDuration } from "#kernel/settings";
import type { MaintenanceWindow } from "#ports/maintenance";
import { matchersSchema } from "#ports/matchers";
import { occurrencesOf, wallRuleOf } from "./occurrences.ts";
import { isTimeZone } from "./zone.ts";

export type MaintenanceDocument = Pick<MaintenanceWindow, "name" | "description" | "enabled" | "matchers" | "schedule">;

const shortestMs = 60_000;
const longestMs = 31 * 86_400_000;
const exampleZone = 'an IANA time zone such as "Europe/Berlin"';
const exampleLocal = 'a local time without a zone, such as "2026-03-29T02:30"';

const instant = z.iso.datetime({ offset: true, error: 'must be a time with a zone, such as "2026-03-29T02:30:00Z"' });
const localTime = z.string(`must be ${exampleLocal}`).refine((text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) && isWallTime(text), `must be ${exampleLocal}`);
const durationRule = `must be a duration from ${formatDuration(shortestMs)} to ${formatDuration(longestMs)}, such as "2h"`;
const duration = z.string(durationRule).refine((text) => isWithin(parseDuration(text)), durationRule);
const timezone = z.string(`must be ${exampleZone}`).refine(isTimeZone, `must be ${exampleZone}`);

const once = z
  .strictObject({ start: instant, end: instant })
  .refine(({ start, end }) => !(Date.parse(end) <= Date.parse(start)), { error: "must be after start", path: ["end"] });

const byCron = z.strictObject({ cron: z.string("must be a cron expression").refine(isCron, 'must be a cron expression of five fields that comes some day, such as "30 2 * * SUN"'), duration, timezone });

const rrule = z
  .string("must be a recurrence rule")
  .max(500, "must be at most 500 characters")
  .refine((text) => /(^|:|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)/i.test(text), 'must have FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, such as "FREQ=WEEKLY;BYDAY=SU"; for what is more often use "cron"')
  .refine((text) => !/BYSECOND|BYMINUTE|RSCALE/i.test(text), "must not have BYMINUTE, BYSECOND or RSCALE: the time of day is that of dtstart");

const byRule = z
  .strictObject({ rrule, dtstart: localTime, duration, timezone, exdates: z.array(localTime, "must be a list of local times").max(500, "at most 500").optional() })
  .superRefine((schedule, context) => {
    const problem = ruleProblem(schedule);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem, path: ["rrule"] });
  });

const schedules = [
  ["start", once],
  ["cron", byCron],
  ["rrule", byRule],
] as const;

/** Which of the three it is follows from its fields, so that what is wrong is said of the one that was meant. */
const schedule = z.record(z.string(), z.unknown(), "must be an object").transform((written, context) => {
  const named = schedules.filter(([field]) => Object.hasOwn(written, field));
  if (named.length !== 1) {
    context.addIssue({ code: "custom", message: 'must have one of "start" (with "end"), "cron" (with "duration", "timezone") or "rrule" (with "dtstart", "duration", "timezone")' });
    return z.NEVER;
  }
  const parsed = named[0]![1].safeParse(written);
  if (parsed.success) return parsed.data;
  for (const { message, path } of parsed.error.issues) context.addIssue({ code: "custom", message, path });
  return z.NEVER;
});

const document = z.strictObject({
  name: z.string("must be a text").trim().min(1, "must not be empty").max(200, "must be at most 200 characters"),
  description: z.string("must be a text").max(2_000, "must be at most 2000 characters").default(""),
  enabled: z.boolean("must be true or false").default(true),
  matchers: matchersSchema.min(1, 'must have at least one matcher: to cover every check, say { "label": "name", "op": "matches", "value": "" }'),
  schedule,
});

export function parseMaintenance(written: JsonObject): MaintenanceDocument {
  const parsed = document.safeParse(written);
  if (parsed.success) return parsed.data as MaintenanceDocument;
  const fields = parsed.error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), message }));
  throw new AppError("invalid_argument", `the maintenance window is not valid: ${fields.length === 1 ? fields[0]!.message : `${fields.length} problems`}`, { fields });
}

function isWithin(durationMs: number | undefined): boolean {
  return durationMs !== undefined && durationMs >= shortestMs && durationMs <= longestMs;
}

function isWallTime(text: string): boolean {
  try {
    Temporal.PlainDateTime.from(text, { overflow: "reject" });
    return true;
  } catch {
    return false;
  }
}

function isCron(text: string): boolean {
  if (text.length > 200 || !/^\S+(\s+\S+){4}$/.test(text.trim())) return false;
  try {
    return new Cron(text, { timezone: "UTC", paused: true }).nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

function ruleProblem(written: z.infer<typeof byRule>): string | undefined {
  try {
    wallRuleOf(written);
    return occurrencesOf(written).nextStart(0) === Number.POSITIVE_INFINITY ? "never comes" : undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message.slice(0, 200)}`;
  }
}
