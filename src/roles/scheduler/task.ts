import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema, type CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import { runIdOf } from "#kernel/ids";
import { homeLocation, type OutgoingMessage } from "#ports/queue";
import type { StoredSchedule } from "#ports/schedules";
import { locationsOf } from "#ports/series";
import { readHeartbeat } from "#ports/targets/heartbeat";
import type { Calendar } from "./calendar.ts";
import type { Entry } from "./plan.ts";

const maxEarlierSlots = 1_000;
/** No run lasts this long. */
const retoldMs = 3_600_000;

/** One run that somebody asks for, at each location of the check; the first one's comes first. */
export function manualTasks(check: Check, slotMs: number, traceparent: string): OutgoingMessage<"check_tasks">[] {
  return locationsOf(check).map((location) => {
    const runId = runIdOf(check.id, slotMs, location);
    return { id: runId, tenantId: check.tenantId, body: create(CheckTaskSchema, { runId, check, slotMs, location, trigger: "manual", traceparent }) };
  });
}

/**
 * The task of one slot, which also says since when the schedule holds and why slots before it may be missing. Thousands are made
 * a second and hardly any is written down: what follows from the check and the slot is worked out when it is asked for.
 */
export class SlotTask implements OutgoingMessage<"check_tasks">, CheckTask {
  /** Of hardly any. */
  traceparent = "";

  constructor(
    readonly check: Check,
    readonly slotMs: number,
    private readonly schedule: StoredSchedule,
    readonly gapReason: string,
    readonly earlierSlotsMs: number[],
    private readonly expected: ExpectedTimes,
    readonly location: string,
    readonly dueSinceMs: number,
  ) {}

  /** The same slot at another location. */
  at(location: string, dueSinceMs: number): SlotTask {
    const task = new SlotTask(this.check, this.slotMs, this.schedule, this.gapReason, this.earlierSlotsMs, this.expected, location, dueSinceMs);
    task.traceparent = this.traceparent;
    return task;
  }

  get $typeName(): CheckTask["$typeName"] {
    return "uptimeping.events.v1.CheckTask";
  }
  get id(): string {
    return this.runId;
  }
  get tenantId(): string {
    return this.check.tenantId;
  }
  get body(): this {
    return this;
  }
  get runId(): string {
    return runIdOf(this.check.id, this.slotMs, this.location);
  }
  get trigger(): string {
    return "schedule";
  }
  get everyMs(): number {
    return this.schedule.everyMs;
  }
  get expectedDueMs(): number {
    return this.expected.expectedDueMs;
  }
  get expectedNextMs(): number {
    return this.expected.expectedNextMs;
  }
}

/** Slots before it were not due at this location. */
export function dueSinceMs({ schedule, joinedMs }: Entry, location: string): number {
  return Math.max(schedule!.activeSinceMs, joinedMs?.get(location) ?? 0);
}

type ExpectedTimes = Pick<CheckTask, "expectedDueMs" | "expectedNextMs">;

const none: number[] = [];
const nothingExpected: ExpectedTimes = { expectedDueMs: 0, expectedNextMs: 0 };

/** At the first location of the check. */
export function slotTask(entry: Entry, slotMs: number, calendar: Calendar): SlotTask {
  const schedule = entry.schedule!;
  const gapReason = entry.gapReason !== "" ? entry.gapReason : slotMs > entry.nextMs ? "overload" : "";
  const earlier = schedule.cron === "" ? none : earlierSlots(entry, slotMs, calendar);
  const expected = entry.check!.type === "heartbeat" ? expectedTimes(entry.check!, slotMs, calendar) : nothingExpected;
  const location = entry.check!.locations[0] ?? homeLocation;
  return new SlotTask(entry.check!, slotMs, schedule, gapReason, earlier, expected, location, dueSinceMs(entry, location));
}

/** Of a cron schedule. What was told just before the process died may not have been stored: core knows which of these it has. */
function earlierSlots(entry: Entry, slotMs: number, calendar: Calendar): number[] {
  const schedule = entry.schedule!;
  const told = Math.max(entry.toldMs, schedule.toldMs) - (entry.gapReason === "" ? 0 : retoldMs);
  return calendar.between(schedule, Math.max(told, schedule.activeSinceMs - 1), slotMs, maxEarlierSlots);
}

/** Core judges whether a job is late and cannot read cron; what it cannot be told, it says itself. */
function expectedTimes({ target = {} }: Check, slotMs: number, calendar: Calendar): ExpectedTimes {
  const { cron, timezone, graceMs } = readHeartbeat(target);
  if (cron === "") return nothingExpected;
  const timing = { everyMs: 0, cron, timezone };
  try {
    return { expectedDueMs: calendar.newestBefore(timing, slotMs - graceMs), expectedNextMs: finite(calendar.next("", timing, slotMs)) };
  } catch {
    return nothingExpected;
  }
}

function finite(ms: number): number {
  return Number.isFinite(ms) ? ms : 0;
}
