import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { labelsOf } from "#ports/matchers";
import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { alertRouteInput, alertRoutePatch, alertRouteShape, alertRouteView, routeTrialShape, routeTrialView } from "../views/alert_routes.ts";
import { documentBody, listOf } from "../views/shared.ts";

const reads = { role: "viewer", scope: "routes:read" } as const;
const writes = { role: "editor", scope: "routes:write" } as const;

const occasion = z.strictObject({
  checkId: z.string().max(100).optional().meta({ description: "its labels and its own channels are taken" }),
  severity: z.enum(["critical", "warning"]).optional().meta({ description: "the check's own, else critical" }),
  labels: z.record(z.string().max(100), z.string().max(500)).default({}).meta({ description: "in place of, or besides, those of the check" }),
});

export const alertRoutes = [
  route({
    method: "GET",
    path: "/routes",
    access: reads,
    summary: "Which channels hear of what, in the order in which routes are asked",
    response: listOf(alertRouteShape),
    handle: async ({ call }, { notification }) => ({ items: (await notification.listRoutes({}, call)).items.map(alertRouteView) }),
  }),
  route({
    method: "POST",
    path: "/routes",
    access: writes,
    summary: "Create a route",
    body: documentBody,
    bodyShape: alertRouteInput,
    response: alertRouteShape,
    status: 201,
    audit: "route.create",
    handle: async ({ body, call }, { notification }) => {
      const made = alertRouteView(await notification.createRoute({ route: body }, call));
      return answer({ body: made, headers: { location: `/api/v1/routes/${made.id}`, ...etag(made.version) } });
    },
  }),
  route({
    method: "POST",
    path: "/routes/test",
    access: reads,
    summary: "Which channels would hear of an incident of this check, or with these labels, and why",
    body: occasion,
    response: routeTrialShape,
    handle: async ({ body: { checkId, ...said }, call }, { notification, config }) => {
      const check = checkId === undefined ? undefined : await config.getCheck({ id: checkId }, call);
      return routeTrialView(await notification.tryRoutes({ labels: labelsFor(check, said), channels: check?.channels ?? [] }, call));
    },
  }),
  route({
    method: "GET",
    path: "/routes/{id}",
    access: reads,
    summary: "One route",
    response: alertRouteShape,
    handle: async ({ params, call }, { notification }) => {
      const found = alertRouteView(await notification.getRoute({ id: params["id"]! }, call));
      return answer({ body: found, headers: etag(found.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/routes/{id}",
    access: writes,
    summary: "Change a route (merge patch); say which version you saw",
    body: documentBody,
    bodyShape: alertRoutePatch,
    response: alertRouteShape,
    audit: "route.update",
    handle: async ({ params, body, http, call }, { notification }) => {
      const changed = alertRouteView(await notification.updateRoute({ id: params["id"]!, ...versionedPatch(http, body) }, call));
      return answer({ body: changed, headers: etag(changed.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/routes/{id}",
    access: writes,
    summary: "Delete a route",
    response: undefined,
    audit: "route.delete",
    handle: async ({ params, call }, { notification }) => void (await notification.deleteRoute({ id: params["id"]! }, call)),
  }),
];

/** As of an incident that opens now. */
function labelsFor(check: Check | undefined, { severity, labels }: Pick<z.infer<typeof occasion>, "severity" | "labels">): Record<string, string> {
  return { event: "incident.opened", severity: severity ?? (check?.severity || "critical"), ...(check && labelsOf(check)), ...labels };
}
