import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { maintenanceInput, maintenancePatch, maintenanceShape, maintenanceView, occurrencesShape, occurrencesView, previewShape, previewView } from "../views/maintenance.ts";
import { documentBody, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "maintenance:read" } as const;
const writes = { role: "editor", scope: "maintenance:write" } as const;

export const maintenanceRoutes = [
  route({
    method: "GET",
    path: "/maintenance",
    access: reads,
    summary: "When results count as maintenance",
    query: z.strictObject(paging),
    response: pageOf(maintenanceShape),
    handle: async ({ query, call }, { incident }) => {
      const { items, nextCursor } = await incident.listMaintenance(query, call);
      return page(items.map(maintenanceView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/maintenance",
    access: writes,
    summary: "Create a maintenance window",
    body: documentBody,
    bodyShape: maintenanceInput,
    response: maintenanceShape,
    status: 201,
    audit: "maintenance.create",
    handle: async ({ body, call }, { incident }) => {
      const window = maintenanceView(await incident.createMaintenance({ window: body }, call));
      return answer({ body: window, headers: { location: `/api/v1/maintenance/${window.id}`, ...etag(window.version) } });
    },
  }),
  route({
    method: "POST",
    path: "/maintenance/preview",
    access: reads,
    summary: "What a maintenance window would do: its next ten occurrences and the checks it covers",
    body: documentBody,
    bodyShape: maintenanceInput,
    response: previewShape,
    handle: async ({ body, call }, { incident }) => previewView(await incident.previewMaintenance({ window: body }, call)),
  }),
  route({
    method: "GET",
    path: "/maintenance/occurrences",
    access: reads,
    summary: "When the windows in force last between two instants at most 100 days apart, for a calendar",
    query: z.strictObject({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) }),
    response: occurrencesShape,
    handle: async ({ query, call }, { incident }) => occurrencesView(await incident.listMaintenanceOccurrences({ fromMs: Date.parse(query.from), toMs: Date.parse(query.to) }, call)),
  }),
  route({
    method: "GET",
    path: "/maintenance/{id}",
    access: reads,
    summary: "One maintenance window",
    response: maintenanceShape,
    handle: async ({ params, call }, { incident }) => {
      const window = maintenanceView(await incident.getMaintenance({ id: params["id"]! }, call));
      return answer({ body: window, headers: etag(window.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/maintenance/{id}",
    access: writes,
    summary: "Change a maintenance window (merge patch); say which version you saw. What it covered stays",
    body: documentBody,
    bodyShape: maintenancePatch,
    response: maintenanceShape,
    audit: "maintenance.update",
    handle: async ({ params, body, http, call }, { incident }) => {
      const window = maintenanceView(await incident.updateMaintenance({ id: params["id"]!, ...versionedPatch(http, body) }, call));
      return answer({ body: window, headers: etag(window.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/maintenance/{id}",
    access: writes,
    summary: "Delete a maintenance window; what it covered stays",
    response: undefined,
    audit: "maintenance.delete",
    handle: async ({ params, call }, { incident }) => void (await incident.deleteMaintenance({ id: params["id"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/maintenance/{id}/end",
    access: writes,
    summary: "End the occurrence that lasts; those to come are not touched",
    response: maintenanceShape,
    audit: "maintenance.end",
    handle: async ({ params, call }, { incident }) => {
      const window = maintenanceView(await incident.endMaintenance({ id: params["id"]! }, call));
      return answer({ body: window, headers: etag(window.version) });
    },
  }),
];
