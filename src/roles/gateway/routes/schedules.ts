import { z } from "zod";
import { route } from "../route.ts";
import { scheduleShape, scheduleView } from "../views/schedules.ts";
import { page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "schedules:read" } as const;
const writes = { role: "editor", scope: "schedules:write" } as const;

export const scheduleRoutes = [
  route({
    method: "GET",
    path: "/schedules",
    access: reads,
    summary: "When the checks of the tenant run",
    query: z.strictObject(paging),
    response: pageOf(scheduleShape),
    handle: async ({ query, call }, { scheduler }) => {
      const { items, nextCursor } = await scheduler.listSchedules(query, call);
      return page(items.map(scheduleView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/schedules",
    access: writes,
    summary: "Create or replace the schedule of a check",
    body: z.strictObject({ checkId: z.string(), every: z.string().default(""), cron: z.string().default(""), timezone: z.string().default("") }),
    response: scheduleShape,
    status: 201,
    audit: "schedule.save",
    handle: async ({ body, call }, { scheduler }) => scheduleView(await scheduler.scheduleCheck(body, call)),
  }),
  route({
    method: "GET",
    path: "/schedules/{checkId}",
    access: reads,
    summary: "When a check runs",
    response: scheduleShape,
    handle: async ({ params, call }, { scheduler }) => scheduleView(await scheduler.getSchedule({ checkId: params["checkId"]! }, call)),
  }),
  route({
    method: "DELETE",
    path: "/schedules/{checkId}",
    access: writes,
    summary: "Take the schedule of a check away: it then runs only when asked to",
    response: undefined,
    audit: "schedule.remove",
    handle: async ({ params, call }, { scheduler }) => void (await scheduler.unscheduleCheck({ checkId: params["checkId"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/schedules/{checkId}/run",
    access: writes,
    summary: "Run a check now at each of its locations, besides its schedule; answers the run at the first",
    response: z.strictObject({ runId: z.string() }),
    status: 202,
    audit: "check.run",
    handle: async ({ params, call }, { scheduler }) => ({ runId: (await scheduler.runNow({ checkId: params["checkId"]! }, call)).runId }),
  }),
];
