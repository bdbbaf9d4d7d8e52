/** Users, members, sessions and keys as both SQL adapters keep them. The names are quoted, or PostgreSQL would give them in lower case. */
import type { MemberRole } from "#kernel/call";
import type { ApiKey, Member, User } from "../identity.ts";

/** SQLite gives 0 or 1. */
export type UserRow = Omit<User, "totpEnabled"> & { totpEnabled: boolean | number };
export type MemberRow = UserRow & { role: MemberRole; addedAtMs: number };
export type KeyRow = Omit<ApiKey, "scopes"> & { scopes: string };

export const userColumns = `users.id AS id, email, users.name AS name, password_hash AS "passwordHash", session_version AS "sessionVersion",
  totp_secret AS "totpSecret", totp_enabled AS "totpEnabled", users.created_at_ms AS "createdAtMs"`;

export const insertUser = `
  INSERT INTO users (id, email, name, password_hash, session_version, totp_secret, totp_enabled, totp_last_step, created_at_ms)
  VALUES ($id, $email, $name, $passwordHash, $sessionVersion, $totpSecret, $totpEnabled, 0, $createdAtMs)`;

export const membersOf = `SELECT ${userColumns}, role, added_at_ms AS "addedAtMs" FROM memberships JOIN users ON users.id = user_id WHERE tenant_id = $tenantId`;

export const sessionColumns = `sessions.id AS id, sessions.tenant_id AS "tenantId", sessions.user_id AS "userId", version,
  sessions.created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs",
  device, ip, last_used_at_ms AS "lastUsedAtMs"`;

export const liveSessions = `SELECT ${sessionColumns}, role FROM sessions
  JOIN users ON users.id = sessions.user_id AND users.session_version = version
  JOIN memberships ON memberships.tenant_id = sessions.tenant_id AND memberships.user_id = sessions.user_id
  WHERE ended_at_ms IS NULL AND expires_at_ms > $nowMs`;

export const insertSession = `
  INSERT INTO sessions (id, tenant_id, user_id, version, created_at_ms, expires_at_ms, device, ip, last_used_at_ms)
  VALUES ($id, $tenantId, $userId, $version, $createdAtMs, $expiresAtMs, $device, $ip, $lastUsedAtMs)`;

export const endSession = "UPDATE sessions SET ended_at_ms = $nowMs WHERE id = $id AND ended_at_ms IS NULL";

export const endOtherSessions = `
  UPDATE sessions SET ended_at_ms = $nowMs WHERE user_id = $userId AND id <> $keptId AND ended_at_ms IS NULL AND expires_at_ms > $nowMs`;

export const keyColumns = `api_keys.id AS id, api_keys.tenant_id AS "tenantId", created_by AS "createdBy", name, prefix, hash, api_keys.role AS role, scopes,
  created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs", last_used_at_ms AS "lastUsedAtMs"`;

export const insertKey = `
  INSERT INTO api_keys (id, tenant_id, created_by, name, prefix, hash, role, scopes, created_at_ms, expires_at_ms, last_used_at_ms)
  VALUES ($id, $tenantId, $createdBy, $name, $prefix, $hash, $role, $scopes, $createdAtMs, $expiresAtMs, $lastUsedAtMs)`;

export const keyAndMaker = `
  SELECT ${keyColumns}, memberships.role AS "makerRole" FROM api_keys
  JOIN memberships ON memberships.tenant_id = api_keys.tenant_id AND memberships.user_id = created_by WHERE prefix = $prefix`;

export const listSigningKeys = `
  SELECT kid, public_jwk AS "publicJwk", sealed_private_jwk AS "sealedPrivateJwk", created_at_ms AS "createdAtMs"
  FROM signing_keys ORDER BY created_at_ms DESC, kid`;

/** Without what else a row holds. */
export function userOf(row: UserRow): User {
  const { id, email, name, passwordHash, sessionVersion, totpSecret, totpEnabled, createdAtMs } = row;
  return { id, email, name, passwordHash, sessionVersion, totpSecret, totpEnabled: Boolean(totpEnabled), createdAtMs };
}

export function memberOf(row: MemberRow): Member {
  return { user: userOf(row), role: row.role, addedAtMs: row.addedAtMs };
}

export function keyOf(row: KeyRow): ApiKey {
  return { ...row, scopes: row.scopes === "" ? [] : row.scopes.split(" ") };
}

export function keyAndMakerOf({ makerRole, ...key }: KeyRow & { makerRole: MemberRole }): { key: ApiKey; makerRole: MemberRole } {
  return { key: keyOf(key), makerRole };
}
