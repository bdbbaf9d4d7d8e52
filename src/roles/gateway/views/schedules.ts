import type { Schedule } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { formatDuration } from "#kernel/settings";
import { z } from "zod";
import { isoOrNull, timeOrNull } from "./shared.ts";

const when = {
  every: z.string().optional().meta({ description: 'a duration from "1s": "30s", "5m", "1d"' }),
  cron: z.string().optional().meta({ description: 'a cron expression such as "*/5 * * * *"; this or every' }),
  timezone: z.string().optional().meta({ description: "IANA name, for cron" }),
};

const state = z.string().meta({ description: "active, paused or removed" });

export const checkScheduleShape = z
  .strictObject({ ...when, state, nextRunAt: timeOrNull, lastRunAt: timeOrNull })
  .meta({ id: "CheckSchedule" });

export const scheduleShape = z
  .strictObject({ checkId: z.string(), ...when, state, nextRunAt: timeOrNull, lastRunAt: timeOrNull, missed: z.record(z.string(), z.number()) })
  .meta({ id: "Schedule", description: "missed: slots that did not run, by reason" });

/** A schedule as a person writes it, inside a check or alone. */
export const scheduleInput = z
  .strictObject({ every: z.string().nullish(), cron: z.string().nullish(), timezone: z.string().nullish() })
  .meta({ id: "ScheduleInput" });

export type ScheduleInput = z.infer<typeof scheduleInput>;

export function scheduleView(schedule: Schedule) {
  return { checkId: schedule.checkId, ...checkScheduleView(schedule), missed: schedule.missed };
}

export function checkScheduleView(schedule: Schedule) {
  const { everyMs, cron, timezone, state, nextRunAtMs, lastRunAtMs } = schedule;
  return { ...timingView({ everyMs, cron, timezone }), state, nextRunAt: isoOrNull(nextRunAtMs), lastRunAt: isoOrNull(lastRunAtMs) };
}

/** Only what was written: `every`, or `cron` with its zone. */
export function timingView({ everyMs, cron, timezone }: Pick<Schedule, "everyMs" | "cron" | "timezone">) {
  return { ...(everyMs > 0 ? { every: formatDuration(everyMs) } : { cron }), ...(timezone !== "" && { timezone }) };
}
