import type { ApiKey, AuditEntry, GetMeResponse, Member, Session, Tenant, User } from "#contracts/uptimeping/auth/v1/auth_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { isoOrNull, parsedOrNull, time, timeOrNull } from "./shared.ts";

export const roleName = z.enum(["owner", "admin", "editor", "viewer"]);
const roleShown = z.string().meta({ description: "owner, admin, editor or viewer" });

const userShape = z
  .strictObject({ id: z.string(), email: z.string(), name: z.string(), totpEnabled: z.boolean(), createdAt: timeOrNull })
  .meta({ id: "User" });

export const tenantShape = z.strictObject({ id: z.string(), name: z.string(), createdAt: timeOrNull }).meta({ id: "Tenant" });

export const meShape = z.strictObject({ user: userShape, tenant: tenantShape, role: roleShown }).meta({ id: "Me" });

export const sessionShape = z
  .strictObject({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.number(), user: userShape, tenant: tenantShape, role: roleShown })
  .meta({ id: "Session" });

export const cookieSessionShape = z
  .strictObject({ user: userShape, tenant: tenantShape, role: roleShown, expiresIn: z.number() })
  .meta({ id: "CookieSession" });

export const apiKeyShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    prefix: z.string(),
    role: roleShown,
    scopes: z.array(z.string()),
    createdAt: time,
    expiresAt: timeOrNull,
    lastUsedAt: timeOrNull,
  })
  .meta({ id: "ApiKey" });

export const newApiKeyShape = apiKeyShape.extend({ key: z.string().meta({ description: "the secret; shown this once" }) }).meta({ id: "NewApiKey" });

export const memberShape = z
  .strictObject({ user: userShape, role: roleShown, addedAt: timeOrNull })
  .meta({ id: "Member" });

export const auditEntryShape = z
  .strictObject({
    id: z.string(),
    at: time,
    actor: z.string(),
    actorType: z.string(),
    ip: z.string(),
    action: z.string(),
    subject: z.string(),
    outcome: z.string().meta({ description: "ok, denied or failed" }),
    detail: z.unknown(),
    hash: z.string(),
    requestId: z.string(),
  })
  .meta({ id: "AuditEntry" });

function userView(user: User | undefined) {
  const { id = "", email = "", name = "", totpEnabled = false, createdAtMs = 0 } = user ?? {};
  return { id, email, name, totpEnabled, createdAt: isoOrNull(createdAtMs) };
}

export function tenantView(tenant: Tenant | undefined) {
  const { id = "", name = "", createdAtMs = 0 } = tenant ?? {};
  return { id, name, createdAt: isoOrNull(createdAtMs) };
}

export function meView({ user, tenant, role }: GetMeResponse | Session) {
  return { user: userView(user), tenant: tenantView(tenant), role };
}

export function sessionView(session: Session) {
  const { accessToken, refreshToken, expiresInS } = session;
  return { accessToken, refreshToken, expiresIn: expiresInS, ...meView(session) };
}

/** Without the tokens: those travel in cookies that no script can read. */
export function cookieSessionView(session: Session) {
  return { ...meView(session), expiresIn: session.expiresInS };
}

export function apiKeyView(key: ApiKey | undefined) {
  const { id = "", name = "", prefix = "", role = "", scopes = [], createdAtMs = 0, expiresAtMs = 0, lastUsedAtMs = 0 } = key ?? {};
  return { id, name, prefix, role, scopes, createdAt: iso(createdAtMs), expiresAt: isoOrNull(expiresAtMs), lastUsedAt: isoOrNull(lastUsedAtMs) };
}

export function memberView({ user, role, addedAtMs }: Member) {
  return { user: userView(user), role, addedAt: isoOrNull(addedAtMs) };
}

export function auditEntryView({ id, atMs, actor, actorType, ip, action, subject, outcome, detailJson, hash, requestId }: AuditEntry) {
  return { id, at: iso(atMs), actor, actorType, ip, action, subject, outcome, detail: parsedOrNull(detailJson), hash, requestId };
}
