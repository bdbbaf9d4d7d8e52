/** Which channels hear of what. */
import type { Route, TryRoutesResponse } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { matcherList, matchersView, time } from "./shared.ts";

const channels = z.array(z.string()).meta({ description: "ids of channels" });

const document = {
  name: z.string(),
  position: z.number().meta({ description: "routes are asked in this order; the first that matches decides" }),
  enabled: z.boolean(),
  matchers: matcherList.meta({
    description: "all must hold, none matches everything: label is checkId, name, type, tag.NAME, severity, kind or event; op is eq, ne, in, not_in, matches or not_matches",
  }),
  channels,
  continue: z.boolean().meta({ description: "the routes after it are asked as well" }),
  groupBy: z.array(z.string()).meta({ description: "labels by which messages are kept apart; empty: all go together" }),
  groupWaitMs: z.number().nullable().meta({ description: "how long the first message of a group waits for others; null follows from the channel" }),
  groupIntervalMs: z.number().nullable().meta({ description: "how long the next one waits after it; null follows from the channel" }),
  reminderEveryMs: z.number().meta({ description: "while nobody acknowledges; 0 for never" }),
  escalation: z
    .array(z.strictObject({ afterMs: z.number(), channels }))
    .meta({ description: "who is told besides while nobody acknowledges, each step later than the one before it" }),
};

export const alertRouteShape = z.strictObject({ id: z.string(), ...document, version: z.number(), createdAt: time, updatedAt: time }).meta({ id: "Route" });

/** What a person writes. Notification checks it in full; this is the outline for the documentation. */
export const alertRouteInput = z.strictObject(document).partial().required({ name: true }).meta({ id: "RouteInput" });

export const alertRoutePatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }) })
  .partial()
  .meta({ id: "RoutePatch", description: "JSON merge patch (RFC 7396)" });

export const routeTrialShape = z
  .strictObject({
    routes: z.array(z.strictObject({ id: z.string(), name: z.string() })).meta({ description: "those that match, in their order" }),
    channels: z.array(z.strictObject({ id: z.string(), name: z.string().nullable().meta({ description: "null when it is disabled or gone" }), because: z.string() })),
  })
  .meta({ id: "RouteTrial" });

export function alertRouteView(route: Route) {
  return {
    id: route.id,
    name: route.name,
    position: route.position,
    enabled: route.enabled,
    matchers: matchersView(route.matchers),
    channels: route.channels,
    continue: route.continue,
    groupBy: route.groupBy,
    groupWaitMs: route.groupWaitMs ?? null,
    groupIntervalMs: route.groupIntervalMs ?? null,
    reminderEveryMs: route.reminderEveryMs,
    escalation: route.escalation.map(({ afterMs, channels: told }) => ({ afterMs, channels: told })),
    version: route.version,
    createdAt: iso(route.createdAtMs),
    updatedAt: iso(route.updatedAtMs),
  };
}

export function routeTrialView({ routes, channels: told }: TryRoutesResponse) {
  return { routes: routes.map(({ id, name }) => ({ id, name })), channels: told.map(({ id, name, because }) => ({ id, name: name || null, because })) };
}
