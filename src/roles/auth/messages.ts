/** Entities as the contract words them; what is secret has no field there. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ApiKeySchema, AuditEntrySchema, MemberSchema, OwnSessionSchema, SessionSchema, TenantSchema, UserSchema } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { AuditEntry } from "#ports/audit";
import type { ApiKey, LiveSession, Member, Tenant, User } from "#ports/identity";
import type { OpenedSession } from "./sessions.ts";

export function userMessage({ id, email, name, totpEnabled, createdAtMs }: User): MessageInitShape<typeof UserSchema> {
  return { id, email, name, totpEnabled, createdAtMs };
}

export function tenantMessage({ id, name, createdAtMs }: Tenant): MessageInitShape<typeof TenantSchema> {
  return { id, name, createdAtMs };
}

export function memberMessage({ user, role, addedAtMs }: Member): MessageInitShape<typeof MemberSchema> {
  return { user: userMessage(user), role, addedAtMs };
}

export function sessionMessage(session: OpenedSession): MessageInitShape<typeof SessionSchema> {
  const { accessToken, refreshToken, expiresInS, user, tenant, role } = session;
  return { accessToken, refreshToken, expiresInS, user: userMessage(user), tenant: tenantMessage(tenant), role };
}

export function ownSessionMessage(session: LiveSession): MessageInitShape<typeof OwnSessionSchema> {
  const { id, device, ip, createdAtMs, lastUsedAtMs, expiresAtMs, tenantId } = session;
  // One from before uses were noted was used when it was opened, at the least.
  return { id, device, ip, createdAtMs, lastUsedAtMs: lastUsedAtMs || createdAtMs, expiresAtMs, tenantId };
}

export function keyMessage(key: ApiKey): MessageInitShape<typeof ApiKeySchema> {
  const { id, name, prefix, role, scopes, createdAtMs, expiresAtMs, lastUsedAtMs } = key;
  return { id, name, prefix, role, scopes, createdAtMs, expiresAtMs, lastUsedAtMs };
}

export function auditMessage(entry: AuditEntry): MessageInitShape<typeof AuditEntrySchema> {
  const { id, atMs, actor, actorType, ip, action, subject, outcome, detailJson, hash, requestId } = entry;
  return { id, atMs, actor, actorType, ip, action, subject, outcome, detailJson, hash, requestId };
}
