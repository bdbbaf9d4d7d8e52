/** What came of the runs: states, results, uptime, latency. */
import type { CheckStatus } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { route, type Roles } from "../route.ts";
import { latencyShape, latencyView, uptimeBarsView, uptimeShape, uptimeView } from "../views/history.ts";
import { briefStatusShape, briefStatusView, conditionView, historyShape, locationsView, missedView, resultView, statusShape, statusView } from "../views/results.ts";
import { listOf, locationFilter, page, pageOf, paging, timeFilter } from "../views/shared.ts";

const reads = { role: "viewer", scope: "checks:read" } as const;
const window = z.enum(["24h", "7d", "30d", "90d", "365d"]).default("24h");
const latencyWindow = z.enum(["1h", "6h", "24h", "7d", "30d", "90d", "365d"]).default("24h");
const yesOrNo = z.enum(["true", "false"], 'must be "true" or "false"').default("false");
const commaSeparated = z.string().max(20_000).default("");
const idsIn = (text: string) => text.split(",").filter((id) => id !== "");

/** Without ids, of all checks that are not quiet. Results are shown all the same while the incident role is away. */
async function conditionsOf(checkIds: string[], call: Call, incident: Roles["incident"]) {
  const { items } = await incident.listCheckConditions({ checkIds }, call).catch(() => ({ items: [] }));
  return new Map(items.map((item) => [item.checkId, conditionView(item)]));
}

export const resultRoutes = [
  route({
    method: "GET",
    path: "/statuses",
    access: reads,
    summary: "States of all checks, or of those named, each with a strip of recent results",
    query: z.strictObject({
      ids: commaSeparated,
      brief: yesOrNo.meta({ description: "leaves out the phases, assertions and attempts of the last result" }),
    }),
    response: listOf(statusShape.or(briefStatusShape)),
    handle: async ({ query, call }, { core, incident }) => {
      const conditions = await conditionsOf([], call, incident);
      const brief = query.brief === "true" ? briefStatusView : statusView;
      const view = (status: CheckStatus) => ({ ...brief(status), ...conditions.get(status.checkId) });
      const items: ReturnType<typeof view>[] = [];
      // In portions, between which others have their turn.
      for (let cursor: string | undefined; cursor !== ""; ) {
        const portion = await core.listCheckStatuses({ checkIds: idsIn(query.ids), limit: 200, cursor: cursor ?? "" }, call);
        items.push(...portion.items.map(view));
        cursor = portion.nextCursor;
      }
      return { items };
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/status",
    access: reads,
    summary: "The state of a check, and how it is at each of its locations",
    response: statusShape,
    handle: async ({ params, call }, { core, incident }) => {
      const checkId = params["id"]!;
      const [status, conditions] = await Promise.all([core.getCheckStatus({ checkId }, call), conditionsOf([checkId], call, incident)]);
      return { ...statusView(status), ...conditions.get(checkId), locations: locationsView(status) };
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/results",
    access: reads,
    summary: "Results of a check at all its locations or at one, newest first, and slots that did not run",
    query: z.strictObject({ ...paging, from: timeFilter, to: timeFilter, status: z.enum(["up", "degraded", "down", "unknown", ""]).default(""), location: locationFilter }),
    response: historyShape,
    handle: async ({ params, query: { limit, cursor, from, to, status, location }, call }, { core }) => {
      const history = await core.getCheckHistory({ checkId: params["id"]!, limit, cursor, fromMs: from, toMs: to, status, location }, call);
      return { ...page(history.items.map(resultView), history.nextCursor), missed: history.missed.map(missedView) };
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/uptime",
    access: reads,
    summary: "Uptime of a check over a window",
    query: z.strictObject({ window, location: locationFilter }),
    response: uptimeShape,
    handle: async ({ params, query, call }, { metrics }) => uptimeView(await metrics.getUptime({ checkId: params["id"]!, ...query }, call)),
  }),
  route({
    method: "GET",
    path: "/uptimes",
    access: reads,
    summary: "Uptimes of all checks, or of those named, over a window, page by page",
    query: z.strictObject({ ...paging, ids: commaSeparated, window }),
    response: pageOf(uptimeShape),
    handle: async ({ query: { ids, ...query }, call }, { metrics }) => {
      const { items, fromMs, nextCursor } = await metrics.listUptimes({ ...query, checkIds: idsIn(ids) }, call);
      const from = fromMs.map(iso);
      return page(items.map((one) => uptimeBarsView(one, from)), nextCursor);
    },
  }),
  route({
    method: "GET",
    path: "/checks/{id}/latency",
    access: reads,
    summary: "Latency of a check over a window, or between two instants, with percentiles and, of two days at most, the phases",
    query: z.strictObject({ window: latencyWindow, from: timeFilter, to: timeFilter, points: z.coerce.number().int().min(10).max(1_000).default(100), location: locationFilter, phases: yesOrNo }),
    response: latencyShape,
    handle: async ({ params, query: { from, to, phases, ...query }, call }, { metrics }) =>
      latencyView(await metrics.getLatency({ checkId: params["id"]!, ...query, fromMs: from, toMs: to, phases: phases === "true" }, call)),
  }),
];
