/** What came of the runs: states, results, uptime, latency. */
import { z } from "zod";
import { route } from "../route.ts";
import { latencyShape, latencyView, uptimeShape, uptimeView } from "../views/history.ts";
import { briefStatusShape, briefStatusView, historyShape, missedView, resultView, statusShape, statusView } from "../views/results.ts";
import { listOf, page, paging, timeFilter } from "../views/shared.ts";

const reads = { role: "viewer", scope: "checks:read" } as const;
const window = z.enum(["24h", "7d", "30d", "90d", "365d"]).default("24h");

export const resultRoutes = [
  route({
    method: "GET",
    path: "/statuses",
    access: reads,
    summary: "States of all checks, or of those named, each with a strip of recent results",
    query: z.strictObject({
      ids: z.string().max(20_000).default(""),
      brief: z.enum(["true", "false"], 'must be "true" or "false"').default("false").meta({ description: "leaves out the phases, assertions and attempts of the last result" }),
    }),
    response: listOf(statusShape.or(briefStatusShape)),
    handle: async ({ query, call }, { core }) => {
      const checkIds = query.ids.split(",").filter((id) => id !== "");
      const { items } = await core.listCheckStatuses({ checkIds }, call);
      return { items: query.brief === "true" ? items.map(briefStatusView) : items.map(statusView) };
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/status",
    access: reads,
    summary: "The state of a check",
    response: statusShape,
    handle: async ({ params, call }, { core }) => statusView(await core.getCheckStatus({ checkId: params["id"]! }, call)),
  }),
  route({
    method: "GET",
    path: "/checks/{id}/results",
    access: reads,
    summary: "Results of a check, newest first, and slots that did not run",
    query: z.strictObject({ ...paging, from: timeFilter, to: timeFilter, status: z.enum(["up", "degraded", "down", "unknown", ""]).default("") }),
    response: historyShape,
    handle: async ({ params, query: { limit, cursor, from, to, status }, call }, { core }) => {
      const history = await core.getCheckHistory({ checkId: params["id"]!, limit, cursor, fromMs: from, toMs: to, status }, call);
      return { ...page(history.items.map(resultView), history.nextCursor), missed: history.missed.map(missedView) };
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/uptime",
    access: reads,
    summary: "Uptime of a check over a window",
    query: z.strictObject({ window }),
    response: uptimeShape,
    handle: async ({ params, query, call }, { metrics }) => uptimeView(await metrics.getUptime({ checkId: params["id"]!, window: query.window }, call)),
  }),
  route({
    method: "GET",
    path: "/checks/{id}/latency",
    access: reads,
    summary: "Latency of a check over a window",
    query: z.strictObject({ window, points: z.coerce.number().int().min(10).max(1_000).default(100) }),
    response: latencyShape,
    handle: async ({ params, query, call }, { metrics }) => latencyView(await metrics.getLatency({ checkId: params["id"]!, ...query }, call)),
  }),
];
