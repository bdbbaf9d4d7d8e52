/**
 * The tick: takes the due slots off the heap and puts them on the queue as tasks, a little ahead of their time. Whoever probes
 * starts each at its time by a timer of its own, so that what keeps this thread busy for a moment delays nothing.
 *
 * Misfire rules. A slot that is taken late but before the next one of its check is due runs late. When more slots than one have
 * passed (the process slept, stood still or was down), the newest runs and the others are told as missed, never
 * a burst. At start, a check that runs often waits for its next slot; one that runs rarely runs its newest missed slot at once.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { OutgoingMessage } from "#ports/queue";
import type { StoredSchedule } from "#ports/schedules";
import { locationsOf } from "#ports/series";
import type { Calendar } from "./calendar.ts";
import { createPlan, type Entry } from "./plan.ts";
import type { Context } from "./service.ts";
import { dueSinceMs, slotTask, type SlotTask } from "./task.ts";

export interface Clockwork {
  know(check: Check): void;
  check(checkId: string): Check | undefined;
  schedule(schedule: StoredSchedule): void;
  forget(checkId: string): void;
  /** The schedule with the shortest period of those that are active and have one. */
  shortest(): StoredSchedule | undefined;
  /** How long ago it looked for due slots. */
  sinceTickMs(): number;
  nextMs(checkId: string): number;
  toldMs(checkId: string): number;
  /**
   * At most `limit` of the checks whose newest told slot should be stored. Only a check that runs rarely needs that soon, to know
   * after a restart whether a slot was missed; of the others, whose next slot is near anyway, one in `frequentMarkMs` will do.
   */
  takeMarks(limit: number, all?: boolean): { checkId: string; toldMs: number }[];
  begin(): void;
  stop(): void;
}

/** A busy scheduler hands over what it has 40 times a second, and an idle one hardly ever wakes up. */
const tickMs = 25;
/** Even with nothing due it looks up this often, to see whether the wall clock was set. */
const longestSleepMs = 1_000;
// The wall clock may wander against the monotonic one; a step larger than this was set by somebody.
const clockStepMs = 1_000;
const frequentMarkMs = 600_000;

export function createClockwork(context: Context, calendar: Calendar, leads: () => boolean): Clockwork {
  const { clock, settings, ports, log, telemetry } = context;
  const { tracing } = telemetry;
  const aheadMs = settings.dispatchAhead;
  let timer: Timer | undefined;
  let wakesAtMs = Number.POSITIVE_INFINITY;
  let running = false;
  let wallOffset = clock.now() - clock.monotonic();
  let budget = 0;
  let lastTick = clock.monotonic();

  const plan = createPlan({
    clock,
    calendar,
    catchUpAfterMs: settings.catchUpAfter,
    onPlaced: (dueMs) => {
      if (running && dueMs - aheadMs < wakesAtMs) wakeUp();
    },
  });
  telemetry.gauge("schedules", "Schedules that are active", [], (gauge) => gauge.set(plan.size));

  /** Sets the timer for what is due next. */
  const wakeUp = () => {
    timer?.cancel();
    const now = clock.now();
    const delayMs = Math.min(longestSleepMs, Math.max(aheadMs > 0 ? tickMs : 1, plan.nextDueMs() - aheadMs - now));
    wakesAtMs = now + delayMs;
    timer = clock.after(delayMs, () => {
      wakesAtMs = Number.NEGATIVE_INFINITY;
      tick();
      if (running) wakeUp();
    });
  };

  const tick = () => {
    const now = clock.now();
    watchWallClock(now);
    const elapsed = clock.monotonic() - lastTick;
    lastTick += elapsed;
    budget = Math.min(settings.maxStartsPerSecond / 4, budget + (elapsed * settings.maxStartsPerSecond) / 1_000);
    const untilMs = now + aheadMs;
    if (plan.nextDueMs() > untilMs || !leads()) return;
    const tasks: OutgoingMessage<"check_tasks">[] = [];
    while (plan.nextDueMs() <= untilMs && budget >= 1) {
      const before = tasks.length;
      fire(plan.take(), now, tasks);
      budget -= tasks.length - before;
    }
    failpoint("slots_taken");
    ports.queue.publish("check_tasks", tasks, { recomputable: true }).catch((error) => log.error("due slots were not handed over", { tasks: tasks.length, reason: messageOf(error) }));
  };

  /** Adds the tasks of what is due: one for each location of the check. */
  const fire = (entry: Entry, now: number, tasks: OutgoingMessage<"check_tasks">[]): void => {
    const { id, locations } = entry.check!;
    const slotMs = calendar.newest(id, entry.schedule!, entry.nextMs, Math.max(now, entry.nextMs));
    const task = slotTask(entry, slotMs, calendar);
    if (tracing.isOn) beginTrace(task);
    tasks.push(task);
    for (let i = 1; i < locations.length; i++) tasks.push(task.at(locations[i]!, dueSinceMs(entry, locations[i]!)));
    entry.toldMs = slotMs;
    entry.gapReason = "";
    plan.moveTo(entry, calendar.following(id, entry.schedule!, slotMs));
  };

  /** One slot in so many is followed to its end. */
  const beginTrace = (task: SlotTask) => {
    const span = tracing.root("schedule slot", "", { attributes: { "uptimeping.check_id": task.check.id, "uptimeping.slot_ms": task.slotMs, "uptimeping.gap_reason": task.gapReason } });
    task.traceparent = span.traceparent;
    span.end();
  };

  /** A wall clock that was set: forward, the slots jumped over are missed; back, the grid is read anew from the new time. */
  const watchWallClock = (now: number) => {
    const offset = now - clock.monotonic();
    const step = offset - wallOffset;
    wallOffset = offset;
    if (Math.abs(step) < clockStepMs) return;
    log.warn("the wall clock was set", { byMs: Math.round(step) });
    for (const entry of plan.entries()) {
      entry.gapReason = "clock_jump";
      if (step > 0) continue;
      entry.toldMs = Math.min(entry.toldMs, now);
      if (entry.schedule) entry.schedule.toldMs = Math.min(entry.schedule.toldMs, now);
      plan.renew(entry);
    }
  };

  return {
    know(check) {
      const entry = plan.entry(check.id);
      if (entry.check) noteJoined(entry, entry.check, check, clock.now());
      entry.check = check;
      if (!check.enabled) plan.renew(entry);
    },
    check: (checkId) => plan.find(checkId)?.check,
    schedule(schedule) {
      const entry = plan.entry(schedule.checkId);
      const sameTiming = entry.schedule?.activeSinceMs === schedule.activeSinceMs && entry.schedule.removed === schedule.removed;
      entry.schedule = schedule;
      // A check that was only edited keeps its next slot.
      if (!(sameTiming && Number.isFinite(entry.nextMs))) plan.renew(entry);
    },
    forget(checkId) {
      plan.forget(checkId);
    },
    sinceTickMs: () => clock.monotonic() - lastTick,
    shortest() {
      let found: StoredSchedule | undefined;
      for (const { check, schedule, nextMs } of plan.entries()) {
        // A heartbeat waits for its job, and may say nothing at a slot.
        const isPeriodic = Number.isFinite(nextMs) && schedule !== undefined && schedule.everyMs > 0 && check?.type !== "heartbeat";
        if (isPeriodic && schedule.everyMs < (found?.everyMs ?? Number.POSITIVE_INFINITY)) found = schedule;
      }
      return found;
    },
    nextMs: (checkId) => plan.find(checkId)?.nextMs ?? Number.POSITIVE_INFINITY,
    toldMs: (checkId) => plan.find(checkId)?.toldMs ?? 0,
    takeMarks(limit, all = false) {
      const marks: { checkId: string; toldMs: number }[] = [];
      for (const entry of plan.entries()) {
        if (entry.toldMs <= entry.markedMs || !entry.check) continue;
        const { everyMs } = entry.schedule!;
        const isFrequent = everyMs > 0 && everyMs < settings.catchUpAfter;
        if (isFrequent && !all && entry.toldMs - entry.markedMs < frequentMarkMs) continue;
        entry.markedMs = entry.toldMs;
        if (marks.push({ checkId: entry.check.id, toldMs: entry.toldMs }) === limit) break;
      }
      return marks;
    },
    begin() {
      if (running) return;
      running = true;
      lastTick = clock.monotonic();
      wakeUp();
    },
    stop() {
      running = false;
      timer?.cancel();
    },
  };
}

function noteJoined(entry: Entry, before: Check, after: Check, nowMs: number): void {
  const known = locationsOf(before);
  for (const location of locationsOf(after)) if (!known.includes(location)) (entry.joinedMs ??= new Map<string, number>()).set(location, nowMs);
}
