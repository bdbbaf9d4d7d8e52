/** Where somebody is signed in, and how they end that. */
import type { OwnSession } from "#contracts/uptimeping/auth/v1/auth_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { route } from "../route.ts";
import { listOf, time } from "../views/shared.ts";
import { ownAccount } from "./auth.ts";

const ownSessionShape = z
  .strictObject({
    id: z.string(),
    current: z.boolean().meta({ description: "the one that asks" }),
    device: z.string().meta({ description: "what the client called itself, its User-Agent" }),
    ip: z.string().meta({ description: "where it was last used from" }),
    createdAt: time,
    lastUsedAt: time.meta({ description: "not exact: noted when the session is renewed, once in the life of an access token" }),
    expiresAt: time,
    tenantId: z.string(),
  })
  .meta({ id: "OwnSession" });

export const ownSessionRoutes = [
  route({
    method: "GET",
    path: "/auth/sessions",
    access: { role: "viewer", scope: "account:read" },
    summary: "One's own sessions that are open, in every tenant, the one that was used last first",
    response: listOf(ownSessionShape),
    handle: async ({ identity, call }, { auth }) => ({ items: (await auth.listSessions({}, call)).items.map((one) => ownSessionView(one, identity!.sessionId)) }),
  }),
  route({
    method: "DELETE",
    path: "/auth/sessions",
    access: ownAccount,
    summary: "End every one of one's own sessions but the one that asks",
    response: z.strictObject({ ended: z.number() }),
    audit: "auth.session_end",
    recordedByAuth: true,
    handle: async ({ identity, call }, { auth }) => ({ ended: (await auth.endSessions({ keepId: identity!.sessionId }, call)).ended }),
  }),
  route({
    method: "DELETE",
    path: "/auth/sessions/{id}",
    access: ownAccount,
    summary: "End one of one's own sessions",
    response: undefined,
    audit: "auth.session_end",
    recordedByAuth: true,
    handle: async ({ params, call }, { auth }) => void (await auth.endSessions({ id: params["id"]! }, call)),
  }),
];

function ownSessionView({ id, device, ip, createdAtMs, lastUsedAtMs, expiresAtMs, tenantId }: OwnSession, currentId: string) {
  return { id, current: id === currentId, device, ip, createdAt: iso(createdAtMs), lastUsedAt: iso(lastUsedAtMs), expiresAt: iso(expiresAtMs), tenantId };
}
