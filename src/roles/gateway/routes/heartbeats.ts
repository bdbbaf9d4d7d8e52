/** What the job of a heartbeat check reported, and the URL to which it reports. */
import type { Ping } from "#contracts/uptimeping/core/v1/core_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { pingUrlOf } from "../ping_urls.ts";
import { route } from "../route.ts";
import { page, pageOf, paging, time } from "../views/shared.ts";

const pingShape = z
  .strictObject({
    number: z.number().meta({ description: "1, 2, 3, … within the check" }),
    at: time,
    kind: z.string().meta({ description: "start, success, fail, log or exit" }),
    exitCode: z.number().nullable(),
    durationMs: z.number().nullable().meta({ description: "from the start of the run that this ping ended" }),
    runId: z.string().nullable(),
    source: z.string(),
    userAgent: z.string(),
    body: z.string().meta({ description: "the first 10,000 bytes of what was sent with it" }),
  })
  .meta({ id: "Ping" });

export const heartbeatRoutes = [
  route({
    method: "GET",
    path: "/checks/{id}/pings",
    access: { role: "viewer", scope: "checks:read" },
    summary: "What the job of a heartbeat check reported, newest first; the newest 100 are kept",
    query: z.strictObject(paging),
    response: pageOf(pingShape),
    handle: async ({ params, query, call }, { core }) => {
      const { items, nextCursor } = await core.listPings({ checkId: params["id"]!, ...query }, call);
      return page(items.map(pingView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/checks/{id}/ping-token",
    access: { role: "editor", scope: "checks:write" },
    summary: "Replace the ping URL of a heartbeat check; the one before it stops working",
    response: z.strictObject({ pingUrl: z.string() }),
    audit: "check.rotate_ping_token",
    handle: async ({ params, http, call }, roles) => {
      const { token } = await roles.core.rotatePingToken({ checkId: params["id"]! }, call);
      return { pingUrl: pingUrlOf(token, http, roles) };
    },
  }),
];

function pingView({ number, atMs, kind, exitCode, durationMs, runId, source, userAgent, body }: Ping) {
  return { number, at: iso(atMs), kind, exitCode: exitCode ?? null, durationMs: durationMs ?? null, runId: runId || null, source, userAgent, body };
}
