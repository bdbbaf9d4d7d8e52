/** About the installation itself: version, API document, live events, dead letters. */
import { iso } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { DeadLetter } from "#ports/queue";
import { z } from "zod";
import { version } from "../../../../package.json";
import { rawAnswer } from "../answer.ts";
import { route } from "../route.ts";
import { jsonObject, listOf, paging, time } from "../views/shared.ts";

const deadLetterShape = z
  .strictObject({ id: z.string(), queue: z.string(), attempts: z.number(), reason: z.string(), diedAt: time })
  .meta({ id: "DeadLetter" });

export const platformRoutes = [
  route({
    method: "GET",
    path: "/version",
    access: "public",
    summary: "Version of this installation",
    response: z.strictObject({ version: z.string() }),
    handle: () => Promise.resolve({ version }),
  }),
  route({
    method: "GET",
    path: "/openapi.json",
    access: "public",
    summary: "This document",
    response: jsonObject,
    handle: (_request, { openapi }) =>
      Promise.resolve(rawAnswer(new Response(openapi(), { headers: { "content-type": "application/json", "cache-control": "no-cache" } }))),
  }),
  route({
    method: "GET",
    path: "/events",
    access: { role: "viewer", scope: "events:read" },
    summary: "Live events (server-sent): result, check.status, incident, notification",
    response: z.string().meta({ contentType: "text/event-stream" }),
    handle: (request, { events }) => Promise.resolve(rawAnswer(events.open(request))),
  }),
  route({
    method: "GET",
    path: "/dead-letters",
    access: { role: "admin", scope: "dead_letters:read" },
    summary: "Messages between roles that were given up after their last attempt",
    query: z.strictObject({ limit: paging.limit }),
    response: listOf(deadLetterShape),
    handle: async ({ query, call }, { queue }) => ({ items: (await queue.deadLetters(call.tenantId, undefined, query.limit)).map(deadLetterView) }),
  }),
  route({
    method: "POST",
    path: "/dead-letters/{id}/replay",
    access: { role: "admin", scope: "dead_letters:write" },
    summary: "Put a dead message back on its queue",
    response: undefined,
    audit: "dead_letter.replay",
    handle: async ({ params, call }, { queue }) => {
      const id = params["id"]!;
      if (!(await queue.replay(call.tenantId, id))) throw new AppError("not_found", `no dead letter ${JSON.stringify(id)}`);
      return undefined;
    },
  }),
];

function deadLetterView({ id, queue, attempts, reason, diedAtMs }: DeadLetter) {
  return { id, queue, attempts, reason, diedAt: iso(diedAtMs) };
}
