import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema, type CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import { homeLocation } from "#ports/queue";
import type { Calendar } from "./calendar.ts";
import type { Entry } from "./plan.ts";

const maxEarlierSlots = 1_000;
/** No run lasts this long. */
const retoldMs = 3_600_000;

export function manualTask(runId: string, check: Check, slotMs: number): CheckTask {
  return create(CheckTaskSchema, { runId, check, slotMs, location: homeLocation, trigger: "manual" });
}

/** The task of one slot, which also says since when the schedule holds and why slots before it may be missing. */
export function slotTask(entry: Entry, slotMs: number, calendar: Calendar): CheckTask {
  const schedule = entry.schedule!;
  const late = slotMs > entry.nextMs;
  const body = create(CheckTaskSchema, {
    runId: entry.runIdOf(slotMs),
    check: entry.check!,
    slotMs,
    location: homeLocation,
    trigger: "schedule",
    everyMs: schedule.everyMs,
    dueSinceMs: schedule.activeSinceMs,
    gapReason: entry.gapReason !== "" ? entry.gapReason : late ? "overload" : "",
  });
  if (schedule.cron !== "") {
    // What was told just before the process died may not have been stored: core knows which of these slots it has.
    const told = Math.max(entry.toldMs, schedule.toldMs) - (entry.gapReason === "" ? 0 : retoldMs);
    body.earlierSlotsMs = calendar.between(schedule, Math.max(told, schedule.activeSinceMs - 1), slotMs, maxEarlierSlots);
  }
  return body;
}
