/** The routes of a tenant: written, changed, tried. */
import type { JsonObject } from "@bufbuild/protobuf";
import { AppError, invalidField } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { mergePatch } from "#kernel/merge_patch";
import type { ChannelStore } from "#ports/channels";
import type { Labels } from "#ports/matchers";
import type { Route, RouteStore } from "#ports/routes";
import { parseRoute, type RouteDocument } from "./route_document.ts";
import { channelsFor, routesFor } from "./routing.ts";

export interface RouteTrial {
  routes: { id: string; name: string }[];
  channels: { id: string; name: string; because: string }[];
}

export interface Routes {
  create(tenantId: string, document: JsonObject): Promise<Route>;
  get(tenantId: string, id: string): Promise<Route>;
  list(tenantId: string): Promise<Route[]>;
  update(tenantId: string, id: string, change: { patch: JsonObject; seenVersion: number }): Promise<Route>;
  remove(tenantId: string, id: string): Promise<void>;
  /** Which channels would hear of something with these labels, and why. */
  trial(tenantId: string, labels: Labels, wanted: readonly string[]): Promise<RouteTrial>;
}

export interface RouteTools {
  routes: RouteStore;
  channels: ChannelStore;
  ids: Ids;
  now: () => number;
  /** Told when reminders and escalations may be other ones now. */
  changed(tenantId: string): void;
}

const mostRoutes = 200;

export function createRoutes({ routes, channels, ids, now, changed }: RouteTools): Routes {
  const found = async (tenantId: string, id: string) => {
    const route = await routes.find(tenantId, id);
    if (route === undefined) throw new AppError("not_found", `there is no route "${id.slice(0, 80)}"`);
    return route;
  };
  /** A channel of somebody else is no channel here. */
  const refuseUnknownChannels = async (tenantId: string, document: RouteDocument) => {
    const named = [
      ...document.channels.map((id, index) => ({ id, pointer: `/channels/${index}` })),
      ...document.escalation.flatMap((step, at) => step.channels.map((id, index) => ({ id, pointer: `/escalation/${at}/channels/${index}` }))),
    ];
    const known = await Promise.all(named.map(({ id }) => channels.find(tenantId, id)));
    const fields = named.filter((_, index) => known[index] === undefined).map(({ id, pointer }) => ({ pointer, message: `there is no channel "${id}"` }));
    if (fields.length > 0) throw new AppError("invalid_argument", `the route is not right: ${fields[0]!.pointer}: ${fields[0]!.message}`, { fields });
  };

  return {
    async create(tenantId, written) {
      const document = parseRoute(written);
      await refuseUnknownChannels(tenantId, document);
      if ((await routes.list(tenantId)).length >= mostRoutes) throw invalidField("", `there are ${mostRoutes} routes already: no more can be made`);
      const route: Route = { ...document, id: ids.next("rte"), tenantId, version: 1, createdAtMs: now(), updatedAtMs: now() };
      await routes.insert(route);
      changed(tenantId);
      return route;
    },
    get: found,
    list: (tenantId) => routes.list(tenantId),
    async update(tenantId, id, { patch, seenVersion }) {
      const before = await found(tenantId, id);
      if (before.version !== seenVersion) throw conflict(seenVersion, before.version);
      const { id: _id, tenantId: _tenant, version: _version, createdAtMs, updatedAtMs: _updated, ...written } = before;
      const document = parseRoute(mergePatch(written as unknown as JsonObject, patch));
      await refuseUnknownChannels(tenantId, document);
      const after: Route = { ...document, id, tenantId, version: before.version + 1, createdAtMs, updatedAtMs: now() };
      if (!(await routes.replace(after, seenVersion))) throw conflict(seenVersion, (await found(tenantId, id)).version);
      changed(tenantId);
      return after;
    },
    async remove(tenantId, id) {
      if (!(await routes.remove(tenantId, id))) throw new AppError("not_found", `there is no route "${id.slice(0, 80)}"`);
      changed(tenantId);
    },
    async trial(tenantId, labels, wanted) {
      const taken = routesFor(await routes.list(tenantId), labels);
      const enabled = await channels.enabled(tenantId);
      const heard = channelsFor(wanted, taken) ?? enabled.map(({ id }) => ({ id, because: "no route matches: every enabled channel" }));
      const named = heard.map(({ id, because }) => {
        const name = enabled.find((channel) => channel.id === id)?.name;
        return { id, name: name ?? "", because: name === undefined ? `${because ? `${because}, ` : ""}but it is disabled or gone` : because || "named by the check" };
      });
      return { routes: taken.map(({ id, name }) => ({ id, name })), channels: named };
    },
  };
}

function conflict(seen: number, now: number): AppError {
  return new AppError("version_conflict", `the route was changed by somebody else: you saw version ${seen}, it is now ${now}`);
}
