/** Contract in, contract out: routes, silences, and links that acknowledge. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { type Call, requireRole, systemCall, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { idCursor, pageOf, pageSize } from "#kernel/page";
import type { Api, Client } from "#kernel/rpc/contract";
import type { ChannelStore } from "#ports/channels";
import type { Route } from "#ports/routes";
import type { Silence } from "#ports/silences";
import type { Routes } from "./routes.ts";
import type { NotificationWork } from "./service.ts";
import type { Silences } from "./silences.ts";

type NotificationApi = Api<typeof NotificationService>;

export function routeApi(routes: Routes): Pick<NotificationApi, "createRoute" | "getRoute" | "listRoutes" | "updateRoute" | "deleteRoute" | "tryRoutes"> {
  return {
    async createRoute({ route }, call) {
      requireRole(call, "editor");
      return routeAnswer(await routes.create(tenantOf(call), (route ?? {}) as JsonObject));
    },
    async getRoute({ id }, call) {
      requireRole(call, "viewer");
      return routeAnswer(await routes.get(tenantOf(call), id));
    },
    async listRoutes(_, call) {
      requireRole(call, "viewer");
      return { items: (await routes.list(tenantOf(call))).map(routeAnswer) };
    },
    async updateRoute({ id, patch, version }, call) {
      requireRole(call, "editor");
      return routeAnswer(await routes.update(tenantOf(call), id, { patch: (patch ?? {}) as JsonObject, seenVersion: version }));
    },
    async deleteRoute({ id }, call) {
      requireRole(call, "editor");
      await routes.remove(tenantOf(call), id);
      return {};
    },
    async tryRoutes({ labels, channels }, call) {
      requireRole(call, "viewer");
      return routes.trial(tenantOf(call), labels, channels);
    },
  };
}

type SilenceCalls = "createSilence" | "getSilence" | "listSilences" | "updateSilence" | "endSilence" | "deleteSilence";

export function silenceApi(silences: Silences): Pick<NotificationApi, SilenceCalls> {
  const shown = (silence: Silence) => ({ ...silence, matchers: silence.matchers as unknown as JsonObject[], state: silences.stateOf(silence) });
  return {
    async createSilence({ silence }, call) {
      requireRole(call, "editor");
      const createdBy = call.actor.type === "system" ? "system" : call.actor.id;
      return shown(await silences.create(tenantOf(call), (silence ?? {}) as JsonObject, createdBy));
    },
    async getSilence({ id }, call) {
      requireRole(call, "viewer");
      return shown(await silences.get(tenantOf(call), id));
    },
    async listSilences({ limit, cursor }, call) {
      requireRole(call, "viewer");
      const size = pageSize(limit);
      return pageOf((await silences.list(tenantOf(call), idCursor(cursor, "sil"), size + 1)).map(shown), size, ({ id }) => id);
    },
    async updateSilence({ id, patch, version }, call) {
      requireRole(call, "editor");
      return shown(await silences.update(tenantOf(call), id, { patch: (patch ?? {}) as JsonObject, seenVersion: version }));
    },
    async endSilence({ id }, call) {
      requireRole(call, "editor");
      return shown(await silences.end(tenantOf(call), id));
    },
    async deleteSilence({ id }, call) {
      requireRole(call, "editor");
      await silences.remove(tenantOf(call), id);
      return {};
    },
  };
}

export type LinkApi = Pick<NotificationApi, "readAcknowledgeLink" | "acknowledgeByLink">;

/** The token says of which tenant: whoever calls need not be known. */
export function linkApi({ links }: Pick<NotificationWork, "links">, incident: Client<typeof IncidentService>, channels: ChannelStore): LinkApi {
  const opened = async (token: string) => {
    const right = links.open(token);
    const channel = right && (await channels.find(right.tenantId, right.channelId));
    // A channel that was deleted takes the rights of its readers with it.
    if (right === undefined || channel === undefined) throw new AppError("not_found", "this link is not known, or has ended");
    const asker = systemCall("notification", right.tenantId);
    const presser: Call = { ...asker, actor: { type: "user", id: `link:${channel.name}`, role: "editor", ip: "" } };
    return { id: right.incidentId, channel, asker, presser };
  };
  const shown = async ({ id, channel, asker }: Awaited<ReturnType<typeof opened>>) => {
    const { checkName, state, severity, startedAtMs, causes } = await incident.getIncident({ id }, asker);
    return { checkName, state, severity, startedAtMs, reason: causes.at(-1)?.message ?? "", channelName: channel.name };
  };
  return {
    readAcknowledgeLink: async ({ token }) => shown(await opened(token)),
    async acknowledgeByLink({ token }) {
      const link = await opened(token);
      const before = await shown(link);
      // Somebody else may press, or it may end, in the same moment: how things stand is the answer then.
      if (before.state === "open") await incident.acknowledgeIncident({ id: link.id, comment: "by the link in a message" }, link.presser).catch(passedBy);
      return shown(link);
    },
  };
}

function passedBy(error: unknown): void {
  if (!(error instanceof AppError && error.code === "failed_precondition")) throw error;
}

function routeAnswer(route: Route) {
  return { ...route, matchers: route.matchers as unknown as JsonObject[] };
}
