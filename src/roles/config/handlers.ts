import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Api } from "#kernel/rpc/contract";
import { masked } from "./secrets.ts";
import type { Checks } from "./service.ts";
import type { StatusApi } from "./status/handlers.ts";

export function serveChecks(checks: Checks): Omit<Api<typeof ConfigService>, keyof StatusApi> {
  return {
    async createCheck({ check }, call) {
      requireRole(call, "editor");
      return masked(await checks.create(tenantOf(call), check ?? {}));
    },
    async getCheck({ id }, call) {
      requireRole(call, "viewer");
      return masked(await checks.get(tenantOf(call), id));
    },
    async updateCheck({ id, patch, version }, call) {
      requireRole(call, "editor");
      return masked(await checks.update(tenantOf(call), id, { patch: patch ?? {}, version }));
    },
    async deleteCheck({ id }, call) {
      requireRole(call, "editor");
      await checks.remove(tenantOf(call), id);
      return {};
    },
    async listChecks({ limit, cursor, search, type, tags }, call) {
      requireRole(call, "viewer");
      const page = await checks.list(tenantOf(call), { limit, cursor, search, type, tags });
      return { items: page.items.map(masked), nextCursor: page.nextCursor };
    },
    // Whole, secrets included: what comes out is about to be run.
    async validateCheck({ check, id }, call) {
      requireRole(call, "editor");
      return checks.validate(tenantOf(call), check ?? {}, id);
    },
    watchChecks(_request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "the checks of all tenants, secrets included, are for roles alone");
      return checks.watch(call.signal);
    },
  };
}
