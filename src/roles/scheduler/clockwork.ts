/**
 * The tick: takes the due slots off the heap and puts them on the queue as tasks.
 *
 * Misfire rules. A slot that is taken late but before the next one of its check is due runs late. When more slots than one have
 * passed (the process slept, stood still or was down), the newest runs and the others are told as missed, never
 * a burst. At start, a check that runs often waits for its next slot; one that runs rarely runs its newest missed slot at once.
 */
import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema } from "#contracts/uptimeping/events/v1/events_pb";
import type { Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { runIdsOf } from "#kernel/ids";
import { homeLocation, type OutgoingMessage } from "#ports/queue";
import type { StoredSchedule } from "#ports/schedules";
import type { Calendar } from "./calendar.ts";
import { createDueHeap } from "./due_heap.ts";
import type { Context } from "./service.ts";

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

interface Entry {
  index: number;
  /** Slot → id of its run. */
  runIdOf: (slotMs: number) => string;
  check: Check | undefined;
  schedule: StoredSchedule | undefined;
  /** The slot that is next; Infinity when none is. */
  nextMs: number;
  toldMs: number;
  /** Why slots before the next one may be missing. */
  gapReason: string;
}

/** Slots this close to each other start together, so that a busy scheduler wakes up 200 times a second and an idle one hardly ever. */
const tickMs = 5;
/** Even with nothing due it looks up this often, to see whether the wall clock was set. */
const longestSleepMs = 1_000;
const maxEarlierSlots = 1_000;
/** No run lasts this long. */
const retoldMs = 3_600_000;
// The wall clock may wander against the monotonic one; a step larger than this was set by somebody.
const clockStepMs = 1_000;

export function createClockwork(context: Context, calendar: Calendar, leads: () => boolean): Clockwork {
  const { clock, settings, ports, log, telemetry } = context;
  const entries = new Map<string, Entry>();
  const byIndex: (Entry | undefined)[] = [];
  const free: number[] = [];
  const heap = createDueHeap();
  const marks = new Map<string, number>();
  let timer: Timer | undefined;
  let wakesAtMs = Number.POSITIVE_INFINITY;
  let running = false;
  let wallOffset = clock.now() - clock.monotonic();
  let budget = 0;
  let lastTick = clock.monotonic();

  telemetry.gauge("schedules", "Schedules that are active", [], (gauge) => gauge.set(heap.size));

  const entryOf = (checkId: string): Entry => {
    let entry = entries.get(checkId);
    if (!entry) {
      entry = { index: free.pop() ?? byIndex.length, runIdOf: runIdsOf(checkId, homeLocation), check: undefined, schedule: undefined, nextMs: Number.POSITIVE_INFINITY, toldMs: 0, gapReason: "process_down" };
      byIndex[entry.index] = entry;
      entries.set(checkId, entry);
    }
    return entry;
  };

  const place = (entry: Entry, nextMs: number) => {
    entry.nextMs = nextMs;
    if (!Number.isFinite(nextMs)) return heap.remove(entry.index);
    heap.set(entry.index, nextMs);
    if (running && nextMs < wakesAtMs) wakeUp();
  };

  /** Sets the timer for what is due next. */
  const wakeUp = () => {
    timer?.cancel();
    const now = clock.now();
    const delayMs = Math.min(longestSleepMs, Math.max(tickMs, heap.nextDueMs() - now));
    wakesAtMs = now + delayMs;
    timer = clock.after(delayMs, () => {
      wakesAtMs = Number.NEGATIVE_INFINITY;
      tick();
      if (running) wakeUp();
    });
  };

  const plan = (entry: Entry) => {
    const { check, schedule } = entry;
    if (!check?.enabled || !schedule || schedule.removed) return place(entry, Number.POSITIVE_INFINITY);
    place(entry, firstSlot(schedule, Math.max(entry.toldMs, schedule.toldMs)));
  };

  const firstSlot = (schedule: StoredSchedule, toldMs: number): number => {
    const now = clock.now();
    const next = calendar.next(schedule.checkId, schedule, now);
    if (toldMs === 0 || toldMs >= now) return next;
    const rare = schedule.everyMs > 0 ? schedule.everyMs >= settings.catchUpAfter : next - now >= settings.catchUpAfter;
    if (!rare) return next;
    const afterTold = calendar.next(schedule.checkId, schedule, Math.max(toldMs, schedule.activeSinceMs));
    return afterTold <= now ? calendar.newest(schedule.checkId, schedule, afterTold, now) : next;
  };

  const tick = () => {
    const now = clock.now();
    watchWallClock(now);
    const elapsed = clock.monotonic() - lastTick;
    lastTick += elapsed;
    budget = Math.min(settings.maxStartsPerSecond / 4, budget + (elapsed * settings.maxStartsPerSecond) / 1_000);
    if (heap.nextDueMs() > now || !leads()) return;
    const tasks: OutgoingMessage<"check_tasks">[] = [];
    while (heap.nextDueMs() <= now && budget >= 1) {
      budget--;
      const entry = byIndex[heap.pop()]!;
      tasks.push(fire(entry, now));
    }
    ports.queue.publish("check_tasks", tasks, { recomputable: true }).catch((error) => log.error("due slots were not handed over", { tasks: tasks.length, reason: messageOf(error) }));
  };

  const fire = (entry: Entry, now: number): OutgoingMessage<"check_tasks"> => {
    const check = entry.check!;
    const schedule = entry.schedule!;
    const slotMs = calendar.newest(check.id, schedule, entry.nextMs, now);
    const late = slotMs > entry.nextMs;
    const body = create(CheckTaskSchema, {
      runId: entry.runIdOf(slotMs),
      check,
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
      const since = Math.max(told, schedule.activeSinceMs - 1);
      body.earlierSlotsMs = calendar.between(schedule, since, slotMs, maxEarlierSlots);
    }
    entry.toldMs = slotMs;
    entry.gapReason = "";
    marks.set(check.id, slotMs);
    place(entry, calendar.next(check.id, schedule, slotMs));
    return { id: body.runId, tenantId: check.tenantId, body };
  };

  /** A wall clock that was set: forward, the slots jumped over are missed; back, the grid is read anew from the new time. */
  const watchWallClock = (now: number) => {
    const offset = now - clock.monotonic();
    if (Math.abs(offset - wallOffset) < clockStepMs) {
      wallOffset = offset;
      return;
    }
    log.warn("the wall clock was set", { byMs: Math.round(offset - wallOffset) });
    const back = offset < wallOffset;
    wallOffset = offset;
    for (const entry of entries.values()) {
      entry.gapReason = "clock_jump";
      if (!back) continue;
      entry.toldMs = Math.min(entry.toldMs, now);
      if (entry.schedule) entry.schedule.toldMs = Math.min(entry.schedule.toldMs, now);
      plan(entry);
    }
  };

  return {
    know(check) {
      const entry = entryOf(check.id);
      entry.check = check;
      if (!check.enabled) plan(entry);
    },
    check: (checkId) => entries.get(checkId)?.check,
    schedule(schedule) {
      const entry = entryOf(schedule.checkId);
      const sameTiming = entry.schedule && entry.schedule.activeSinceMs === schedule.activeSinceMs && entry.schedule.removed === schedule.removed;
      entry.schedule = schedule;
      // A check that was only edited keeps its next slot.
      if (!(sameTiming && Number.isFinite(entry.nextMs))) plan(entry);
    },
    forget(checkId) {
      const entry = entries.get(checkId);
      if (!entry) return;
      heap.remove(entry.index);
      byIndex[entry.index] = undefined;
      free.push(entry.index);
      entries.delete(checkId);
      marks.delete(checkId);
    },
    nextMs: (checkId) => entries.get(checkId)?.nextMs ?? Number.POSITIVE_INFINITY,
    toldMs: (checkId) => entries.get(checkId)?.toldMs ?? 0,
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
