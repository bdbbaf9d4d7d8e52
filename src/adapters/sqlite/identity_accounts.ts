import type { MemberRole } from "#kernel/call";
import type { AccountStore, Tenant } from "#ports/identity";
import { insertUser, userColumns, userOf, type UserRow } from "#ports/rows/identity";
import type { SqliteStore, Transaction } from "./connection.ts";

export function insertMembership(tx: Transaction, row: { tenantId: string; userId: string; role: MemberRole; addedAtMs: number }): void {
  tx.run("INSERT INTO memberships (tenant_id, user_id, role, added_at_ms) VALUES ($tenantId, $userId, $role, $addedAtMs)", { ...row });
}

function insertTenant(tx: Transaction, tenant: Tenant, ownerId: string): void {
  tx.run("INSERT INTO tenants (id, name, created_at_ms) VALUES ($id, $name, $createdAtMs)", { ...tenant });
  insertMembership(tx, { tenantId: tenant.id, userId: ownerId, role: "owner", addedAtMs: tenant.createdAtMs });
}

export function accountStore(store: SqliteStore): AccountStore {
  const one = (where: string, value: string) => {
    const row = store.get<UserRow>(`SELECT ${userColumns} FROM users WHERE ${where} = ?`, [value]);
    return row && userOf(row);
  };
  return {
    hasUsers: async () => store.get("SELECT 1 FROM users LIMIT 1") !== undefined,
    tenantCount: async () => store.get<{ n: number }>("SELECT count(*) AS n FROM tenants")!.n,
    oldestTenant: async () => store.get<{ id: string }>("SELECT id FROM tenants ORDER BY created_at_ms, id LIMIT 1")?.id,
    byEmail: async (email) => one("email", email),
    byId: async (userId) => one("id", userId),

    createOwner: (user, tenant, onlyFirst) =>
      store.write((tx) => {
        if (onlyFirst && tx.get("SELECT 1 FROM users LIMIT 1") !== undefined) return false;
        tx.run(insertUser, { ...user });
        insertTenant(tx, tenant, user.id);
        return true;
      }),

    createTenant: (tenant, ownerId) => store.write((tx) => insertTenant(tx, tenant, ownerId)),

    tenantsOf: async (userId) =>
      store
        .all<Tenant & { role: MemberRole }>(
          `SELECT tenants.id, tenants.name, tenants.created_at_ms AS createdAtMs, role
           FROM memberships JOIN tenants ON tenants.id = tenant_id WHERE user_id = ? ORDER BY added_at_ms, tenants.id`,
          [userId],
        )
        .map(({ role, ...tenant }) => ({ tenant, role })),

    changePassword: ({ userId, from, to, nowMs }) =>
      store.write((tx) => {
        const changed = tx.run(
          "UPDATE users SET password_hash = $to, session_version = session_version + 1 WHERE id = $userId AND password_hash = $from",
          { userId, from, to },
        );
        if (changed === 0) return undefined;
        tx.run("UPDATE sessions SET ended_at_ms = $nowMs WHERE user_id = $userId AND ended_at_ms IS NULL", { userId, nowMs });
        return tx.get<{ version: number }>("SELECT session_version AS version FROM users WHERE id = ?", [userId])!.version;
      }),

    setTotp: (userId, sealedSecret, enabled) =>
      store.write((tx) => {
        tx.run("UPDATE users SET totp_secret = $sealedSecret, totp_enabled = $enabled WHERE id = $userId", { userId, sealedSecret, enabled });
      }),

    spendTotpStep: (userId, step) =>
      store.write((tx) => tx.run("UPDATE users SET totp_last_step = $step WHERE id = $userId AND totp_last_step < $step", { userId, step }) === 1),
  };
}
