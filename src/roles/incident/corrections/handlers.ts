import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { type Call, requireRole, tenantOf } from "#kernel/call";
import type { Api, Client } from "#kernel/rpc/contract";
import type { Corrections } from "./service.ts";

type CorrectionApi = Pick<Api<typeof IncidentService>, "createCorrection" | "listCorrections" | "deleteCorrection">;

export function serveCorrections(corrections: Corrections, config: Client<typeof ConfigService>): CorrectionApi {
  const actorOf = ({ actor }: Call) => (actor.type === "system" ? "system" : actor.id);
  return {
    async createCorrection(written, call) {
      requireRole(call, "editor");
      // Refuses a check of another tenant, or none.
      await config.getCheck({ id: written.checkId }, call);
      return corrections.create(tenantOf(call), actorOf(call), written);
    },
    async listCorrections({ checkId }, call) {
      requireRole(call, "viewer");
      return { items: await corrections.list(tenantOf(call), checkId) };
    },
    async deleteCorrection({ checkId, id }, call) {
      requireRole(call, "editor");
      await corrections.remove(tenantOf(call), actorOf(call), { checkId, id });
      return {};
    },
  };
}
