/**
 * The schedules of all checks, held in memory and led by one process at a time.
 *
 * A due slot is not a row anywhere: it follows from the schedule by arithmetic, so after a crash the slots that should have
 * been can be computed again. Each task says since when its schedule holds and why slots before it may be missing;
 * core, which keeps the results, records what was missed. A task told twice has the same run id and changes nothing.
 */
import type { Check, ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { tenantOf, type Call } from "#kernel/call";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import { followSet } from "#kernel/follow_set";
import { idCursor, type Page, pageOf, pageSize } from "#kernel/page";
import type { RoleContext } from "#kernel/role";
import type { Client } from "#kernel/rpc/contract";
import type { ValuesOf } from "#kernel/settings";
import { carried } from "#kernel/tracing";
import type { Ports } from "#ports/index";
import type { StoredSchedule } from "#ports/schedules";
import { createCalendar, defaultTimingOf, type Timing } from "./calendar.ts";
import { createClockwork } from "./clockwork.ts";
import type { schedulerSettings } from "./settings.ts";
import { manualTasks } from "./task.ts";

export type Context = RoleContext<{ config: Client<typeof ConfigService> }, Pick<Ports, "schedules" | "queue">, ValuesOf<typeof schedulerSettings>>;

export interface ScheduleView {
  checkId: string;
  timing: Timing;
  state: "active" | "paused" | "removed";
  nextMs: number;
  lastMs: number;
}

export interface Schedules {
  save(checkId: string, timing: Timing, call: Call): Promise<ScheduleView>;
  preview(checkId: string, timing: Timing): ScheduleView;
  remove(tenantId: string, checkId: string): Promise<void>;
  get(tenantId: string, checkId: string): Promise<ScheduleView>;
  list(tenantId: string, page: { limit: number; cursor: string; checkIds: string[] }): Promise<Page<ScheduleView>>;
  /** Puts one run at each location on the queue; resolves with the id of the first location's once that is durable. */
  runNow(checkId: string, call: Call): Promise<string>;
  /** The active schedule with the shortest period, over all tenants. */
  shortest(): StoredSchedule | undefined;
  /** How long ago due slots were looked for. */
  sinceTickMs(): number;
  begin(): void;
  stop(): Promise<void>;
  readiness(): string;
}

// A check that was just created usually gets its schedule in the next call; the default waits for that.
const defaultAfterMs = 2_000;
const marksEveryMs = 5_000;
// So that nobody waits long for a write of a hundred thousand.
const marksAtOnce = 500;

export async function createSchedules(context: Context): Promise<Schedules> {
  const { ports, leadership, clock, log } = context;
  const calendar = createCalendar();
  const clockwork = createClockwork(context, calendar, leadership.leads);
  const stored = new Map<string, StoredSchedule>();
  for (const schedule of await ports.schedules.all()) stored.set(schedule.checkId, schedule);
  const unscheduled = new Map<string, { check: Check; sinceMs: number }>();
  const stopping = new AbortController();
  let synced = false;

  const store = async (schedule: StoredSchedule) => {
    await ports.schedules.save(schedule, leadership.epoch());
    failpoint("schedule_saved");
    stored.set(schedule.checkId, schedule);
    unscheduled.delete(schedule.checkId);
    clockwork.schedule(schedule);
  };

  const fresh = (tenantId: string, checkId: string, timing: Timing, before?: StoredSchedule): StoredSchedule => ({
    ...timing,
    tenantId,
    checkId,
    removed: false,
    createdAtMs: before?.createdAtMs ?? clock.now(),
    activeSinceMs: clock.now(),
    toldMs: before?.toldMs ?? 0,
  });

  const onSaved = (check: Check) => {
    const schedule = stored.get(check.id);
    const wasPaused = clockwork.check(check.id)?.enabled === false;
    clockwork.know(check);
    if (!schedule) {
      unscheduled.set(check.id, { check, sinceMs: clock.now() });
      return;
    }
    if (wasPaused && check.enabled) {
      // Slots while it was paused were not due.
      void store({ ...schedule, activeSinceMs: clock.now() }).catch((error) => log.error("a resumed schedule was not stored", { error }));
      return;
    }
    clockwork.schedule(schedule);
  };

  const onDeleted = (checkId: string) => {
    unscheduled.delete(checkId);
    clockwork.forget(checkId);
    if (stored.delete(checkId)) void ports.schedules.erase(checkId).catch((error) => log.error("the schedule of a deleted check was not erased", { error }));
  };

  const giveDefaults = () => {
    const before = clock.now() - defaultAfterMs;
    for (const { check, sinceMs } of unscheduled.values()) {
      if (sinceMs > before) continue;
      void store(fresh(check.tenantId, check.id, defaultTimingOf(check))).catch((error) => log.error("a default schedule was not stored", { check: check.id, error }));
    }
  };

  const writeMarks = async (all = false) => {
    for (let marks = clockwork.takeMarks(marksAtOnce, all); marks.length > 0; marks = clockwork.takeMarks(marksAtOnce, all)) {
      for (const { checkId, toldMs } of marks) {
        const schedule = stored.get(checkId);
        if (schedule) schedule.toldMs = toldMs;
      }
      await ports.schedules.markTold(marks, leadership.epoch());
    }
  };

  /** A run has its id from its slot: one that somebody asks for must not take that of the schedule. */
  const besideGrid = (checkId: string, nowMs: number): number => {
    const schedule = stored.get(checkId);
    return schedule && calendar.next(checkId, schedule, nowMs - 1) === nowMs ? nowMs + 1 : nowMs;
  };

  const owned = (tenantId: string, checkId: string): StoredSchedule => {
    const schedule = stored.get(checkId);
    if (!schedule || schedule.tenantId !== tenantId || schedule.removed) throw new AppError("not_found", `no schedule for check ${JSON.stringify(checkId)}`);
    return schedule;
  };

  const viewOf = (schedule: StoredSchedule): ScheduleView => {
    const paused = clockwork.check(schedule.checkId)?.enabled === false;
    return {
      checkId: schedule.checkId,
      timing: schedule,
      state: schedule.removed ? "removed" : paused ? "paused" : "active",
      nextMs: paused || schedule.removed ? 0 : clockwork.nextMs(schedule.checkId),
      lastMs: Math.max(schedule.toldMs, clockwork.toldMs(schedule.checkId)),
    };
  };

  return {
    async save(checkId, timing, call) {
      // Only to be refused for a check that is not the tenant's: what runs comes from the stream, secrets included.
      await context.needs.config.getCheck({ id: checkId }, call);
      const schedule = fresh(tenantOf(call), checkId, timing, stored.get(checkId));
      await store(schedule);
      return viewOf(schedule);
    },
    preview: (checkId, timing) => ({ checkId, timing, state: "active", nextMs: calendar.next(checkId, timing, clock.now()), lastMs: 0 }),
    async remove(tenantId, checkId) {
      await store({ ...owned(tenantId, checkId), removed: true });
    },
    get: (tenantId, checkId) => Promise.resolve().then(() => viewOf(owned(tenantId, checkId))),
    async list(tenantId, { limit, cursor, checkIds }) {
      if (checkIds.length > 0) {
        const found = checkIds.map((id) => stored.get(id)).filter((schedule) => schedule?.tenantId === tenantId && !schedule.removed);
        return { items: found.map((schedule) => viewOf(schedule!)), nextCursor: "" };
      }
      const size = pageSize(limit);
      const rows = await ports.schedules.list(tenantId, size + 1, idCursor(cursor, "chk"));
      return pageOf(rows.map((row) => viewOf(stored.get(row.checkId) ?? row)), size, ({ checkId }) => checkId);
    },
    async runNow(checkId, call) {
      // Asked of config, not of memory: it says not_found for another tenant's check.
      await context.needs.config.getCheck({ id: checkId }, call);
      const check = clockwork.check(checkId);
      if (!check) throw new AppError("unavailable", "the check was created this moment: try again", { retryAfterS: 1 });
      const slotMs = besideGrid(checkId, clock.now());
      const tasks = manualTasks(check, slotMs, carried(call.traceparent));
      await ports.queue.publish("check_tasks", tasks, { recomputable: false });
      failpoint("run_promised");
      return tasks[0]!.id;
    },
    shortest: () => clockwork.shortest(),
    sinceTickMs: () => clockwork.sinceTickMs(),
    begin() {
      void followSet(context, stopping.signal, {
        role: "scheduler",
        what: "config's checks",
        open: (call) => context.needs.config.watchChecks({}, call),
        saved: onSaved,
        deleted: onDeleted,
        synced(known) {
          for (const checkId of stored.keys()) if (!known.has(checkId)) onDeleted(checkId);
          synced = true;
        },
      });
      const timers = [
        clock.every(1_000, giveDefaults),
        clock.every(marksEveryMs, () => void writeMarks().catch((error) => log.warn("progress of schedules was not stored", { reason: messageOf(error) }))),
      ];
      stopping.signal.addEventListener("abort", () => timers.forEach((timer) => timer.cancel()));
      clockwork.begin();
    },
    async stop() {
      stopping.abort();
      clockwork.stop();
      await writeMarks(true).catch(() => {});
    },
    readiness: () => (synced ? "" : "the checks are still being read"),
  };
}
