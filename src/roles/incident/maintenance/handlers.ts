import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import type { IncidentService, MaintenanceWindowSchema } from "#contracts/uptimeping/incident/v1/incident_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { idCursor, pageOf, pageSize } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import type { Maintenance, ShownWindow } from "./service.ts";

type MaintenanceApi = Pick<
  Api<typeof IncidentService>,
  "createMaintenance" | "getMaintenance" | "listMaintenance" | "updateMaintenance" | "deleteMaintenance" | "endMaintenance" | "previewMaintenance" | "listMaintenanceOccurrences"
>;

/** Of a preview: a tenant may have thousands. */
const mostChecks = 200;

export function serveMaintenance(maintenance: Maintenance): MaintenanceApi {
  return {
    async createMaintenance({ window }, call) {
      requireRole(call, "editor");
      return answer(await maintenance.create(tenantOf(call), window ?? {}));
    },
    async getMaintenance({ id }, call) {
      requireRole(call, "viewer");
      return answer(await maintenance.get(tenantOf(call), id));
    },
    async listMaintenance({ limit, cursor }, call) {
      requireRole(call, "viewer");
      const size = pageSize(limit);
      const rows = await maintenance.list(tenantOf(call), idCursor(cursor, "mnt"), size + 1);
      const { items, nextCursor } = pageOf(rows, size, ({ window }) => window.id);
      return { items: items.map(answer), nextCursor };
    },
    async updateMaintenance({ id, patch, version }, call) {
      requireRole(call, "editor");
      return answer(await maintenance.update(tenantOf(call), id, { patch: patch ?? {}, version }));
    },
    async deleteMaintenance({ id }, call) {
      requireRole(call, "editor");
      await maintenance.remove(tenantOf(call), id);
      return {};
    },
    async endMaintenance({ id }, call) {
      requireRole(call, "editor");
      return answer(await maintenance.end(tenantOf(call), id));
    },
    async listMaintenanceOccurrences({ fromMs, toMs }, call) {
      requireRole(call, "viewer");
      return maintenance.between(tenantOf(call), fromMs, toMs);
    },
    async previewMaintenance({ window }, call) {
      requireRole(call, "viewer");
      const { occurrences, checks } = maintenance.preview(tenantOf(call), window ?? {});
      return { occurrences, checks: checks.slice(0, mostChecks), checkCount: checks.length };
    },
  };
}

function answer({ window, current, next }: ShownWindow): MessageInitShape<typeof MaintenanceWindowSchema> {
  const { matchers, schedule, endedAtMs: _, ...rest } = window;
  return {
    ...rest,
    matchers: matchers as unknown as JsonObject[],
    schedule: schedule as unknown as JsonObject,
    activeUntilMs: current?.endMs ?? 0,
    nextStartMs: next?.startMs ?? 0,
    nextEndMs: next?.endMs ?? 0,
  };
}
