import { z } from "zod";
import { route } from "../route.ts";
import { incidentShape, incidentView } from "../views/incidents.ts";
import { comment, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "incidents:read" } as const;
const writes = { role: "editor", scope: "incidents:write" } as const;
const action = { access: writes, body: z.strictObject({ comment }), bodyOptional: true, response: incidentShape } as const;

export const incidentRoutes = [
  route({
    method: "GET",
    path: "/incidents",
    access: reads,
    summary: "Incidents of the tenant, newest first",
    query: z.strictObject({
      ...paging,
      state: z.enum(["open", "acknowledged", "resolved", "active", ""]).default(""),
      checkId: z.string().max(100).default(""),
    }),
    response: pageOf(incidentShape),
    handle: async ({ query, call }, { incident }) => {
      const { items, nextCursor } = await incident.listIncidents(query, call);
      return page(items.map(incidentView), nextCursor);
    },
  }),
  route({
    method: "GET",
    path: "/incidents/{id}",
    access: reads,
    summary: "One incident, with causes and timeline",
    response: incidentShape,
    handle: async ({ params, call }, { incident }) => incidentView(await incident.getIncident({ id: params["id"]! }, call)),
  }),
  route({
    ...action,
    method: "POST",
    path: "/incidents/{id}/acknowledge",
    summary: "Say that somebody is on it: reminders stop",
    audit: "incident.acknowledge",
    handle: async ({ params, body, call }, { incident }) => incidentView(await incident.acknowledgeIncident({ id: params["id"]!, ...body }, call)),
  }),
  route({
    ...action,
    method: "POST",
    path: "/incidents/{id}/resolve",
    summary: "Say that it is over",
    audit: "incident.resolve",
    handle: async ({ params, body, call }, { incident }) => incidentView(await incident.resolveIncident({ id: params["id"]!, ...body }, call)),
  }),
  route({
    ...action,
    method: "POST",
    path: "/incidents/{id}/reopen",
    summary: "Say that it was resolved too early: recovery is counted anew, and the incident is told again",
    audit: "incident.reopen",
    handle: async ({ params, body, call }, { incident }) => incidentView(await incident.reopenIncident({ id: params["id"]!, ...body }, call)),
  }),
  route({
    ...action,
    method: "POST",
    path: "/incidents/{id}/comment",
    summary: "Add a comment to the timeline",
    body: z.strictObject({ comment: z.string().min(1).max(4_000) }),
    bodyOptional: false,
    audit: "incident.comment",
    handle: async ({ params, body, call }, { incident }) => incidentView(await incident.commentIncident({ id: params["id"]!, ...body }, call)),
  }),
];
