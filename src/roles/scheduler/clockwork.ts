/**
 * The tick: takes the due slots off the heap and puts them on the queue as tasks.
 *
 * Misfire rules. A slot that is taken late but before the next one of its check is due runs late. When more slots than one have
 * passed (the process slept, stood still or was down), the newest runs and the others are told as missed, never
 * a burst. At start, a check that runs often waits for its next slot; one that runs rarely runs its newest missed slot at once.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { OutgoingMessage } from "#ports/queue";
import type { StoredSchedule } from "#ports/schedules";
import type { Calendar } from "./calendar.ts";
import { createPlan, type Entry } from "./plan.ts";
import type { Context } from "./service.ts";
import { slotTask } from "./task.ts";

export interface Clockwork {
  know(check: Check): void;
  check(checkId: string): Check | undefined;
  schedule(schedule: StoredSchedule): void;
  forget(checkId: string): void;
  nextMs(checkId: string): number;
  toldMs(checkId: string): number;
  /** The newest slot told of each check since the last call. */
  takeMarks(): { checkId: string; toldMs: number }[];
  begin(): void;
  stop(): void;
}

/** Slots this close to each other start together, so that a busy scheduler wakes up 200 times a second and an idle one hardly ever. */
const tickMs = 5;
/** Even with nothing due it looks up this often, to see whether the wall clock was set. */
const longestSleepMs = 1_000;
// The wall clock may wander against the monotonic one; a step larger than this was set by somebody.
const clockStepMs = 1_000;

export function createClockwork(context: Context, calendar: Calendar, leads: () => boolean): Clockwork {
  const { clock, settings, ports, log, telemetry } = context;
  const marks = new Map<string, number>();
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
      if (running && dueMs < wakesAtMs) wakeUp();
    },
  });
  telemetry.gauge("schedules", "Schedules that are active", [], (gauge) => gauge.set(plan.size));

  /** Sets the timer for what is due next. */
  const wakeUp = () => {
    timer?.cancel();
    const now = clock.now();
    const delayMs = Math.min(longestSleepMs, Math.max(tickMs, plan.nextDueMs() - now));
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
    if (plan.nextDueMs() > now || !leads()) return;
    const tasks: OutgoingMessage<"check_tasks">[] = [];
    while (plan.nextDueMs() <= now && budget >= 1) {
      budget--;
      tasks.push(fire(plan.take(), now));
    }
    ports.queue.publish("check_tasks", tasks, { recomputable: true }).catch((error) => log.error("due slots were not handed over", { tasks: tasks.length, reason: messageOf(error) }));
  };

  const fire = (entry: Entry, now: number): OutgoingMessage<"check_tasks"> => {
    const { id, tenantId } = entry.check!;
    const slotMs = calendar.newest(id, entry.schedule!, entry.nextMs, now);
    const body = slotTask(entry, slotMs, calendar);
    entry.toldMs = slotMs;
    entry.gapReason = "";
    marks.set(id, slotMs);
    plan.moveTo(entry, calendar.next(id, entry.schedule!, slotMs));
    return { id: body.runId, tenantId, body };
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
      marks.delete(checkId);
    },
    nextMs: (checkId) => plan.find(checkId)?.nextMs ?? Number.POSITIVE_INFINITY,
    toldMs: (checkId) => plan.find(checkId)?.toldMs ?? 0,
    takeMarks() {
      const taken = [...marks].map(([checkId, toldMs]) => ({ checkId, toldMs }));
      marks.clear();
      return taken;
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
