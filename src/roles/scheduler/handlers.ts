import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ScheduleSchema, SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Api } from "#kernel/rpc/contract";
import { parseTiming } from "./calendar.ts";
import type { ScheduleView, Schedules } from "./service.ts";

export function serveSchedules(schedules: Schedules): Api<typeof SchedulerService> {
  return {
    async scheduleCheck(request, call) {
      requireRole(call, "editor");
      return messageOf(await schedules.save(request.checkId, parseTiming(request), call));
    },
    async validateSchedule(request, call) {
      requireRole(call, "editor");
      return messageOf(schedules.preview(request.checkId, parseTiming(request)));
    },
    async unscheduleCheck({ checkId }, call) {
      requireRole(call, "editor");
      await schedules.remove(tenantOf(call), checkId);
      return {};
    },
    async getSchedule({ checkId }, call) {
      requireRole(call, "viewer");
      return messageOf(await schedules.get(tenantOf(call), checkId));
    },
    async listSchedules({ limit, cursor, checkIds }, call) {
      requireRole(call, "viewer");
      const page = await schedules.list(tenantOf(call), { limit, cursor, checkIds });
      return { items: page.items.map(messageOf), nextCursor: page.nextCursor };
    },
    getPulse(_request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "the pulse of the platform is for roles alone");
      const shortest = schedules.shortest();
      const sinceTickMs = schedules.sinceTickMs();
      return Promise.resolve(shortest ? { shortestPeriodMs: shortest.everyMs, activeSinceMs: shortest.activeSinceMs, sinceTickMs } : { sinceTickMs });
    },
    async runNow({ checkId }, call) {
      requireRole(call, "editor");
      return { runId: await schedules.runNow(checkId, call) };
    },
  };
}

function messageOf(view: ScheduleView): MessageInitShape<typeof ScheduleSchema> {
  return {
    checkId: view.checkId,
    everyMs: view.timing.everyMs,
    cron: view.timing.cron,
    timezone: view.timing.timezone,
    state: view.state,
    nextRunAtMs: Number.isFinite(view.nextMs) ? view.nextMs : 0,
    lastRunAtMs: view.lastMs,
  };
}
