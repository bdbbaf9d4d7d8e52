import type { MemberRole } from "#kernel/call";
import type { AccountStore, Tenant } from "#ports/identity";
import { insertUser, userColumns, userOf, type UserRow } from "#ports/rows/identity";
import type { PostgresStore, Transaction } from "./connection.ts";
import { lockFor } from "./locks.ts";

export async function insertMembership(tx: Transaction, row: { tenantId: string; userId: string; role: MemberRole; addedAtMs: number }): Promise<void> {
  await tx.run("INSERT INTO memberships (tenant_id, user_id, role, added_at_ms) VALUES ($tenantId, $userId, $role, $addedAtMs)", { ...row });
}

async function insertTenant(tx: Transaction, tenant: Tenant, ownerId: string): Promise<void> {
  await tx.run("INSERT INTO tenants (id, name, created_at_ms) VALUES ($id, $name, $createdAtMs)", { ...tenant });
  await insertMembership(tx, { tenantId: tenant.id, userId: ownerId, role: "owner", addedAtMs: tenant.createdAtMs });
}

export function accountStore(store: PostgresStore): AccountStore {
  const one = async (where: string, value: string) => {
    const row = await store.get<UserRow>(`SELECT ${userColumns} FROM users WHERE ${where} = $1`, [value]);
    return row && userOf(row);
  };
  return {
    hasUsers: async () => (await store.get("SELECT 1 FROM users LIMIT 1")) !== undefined,
    tenantCount: async () => (await store.get<{ n: number }>("SELECT count(*) AS n FROM tenants"))!.n,
    oldestTenant: async () => (await store.get<{ id: string }>("SELECT id FROM tenants ORDER BY created_at_ms, id LIMIT 1"))?.id,
    byEmail: (email) => one("email", email),
    byId: (userId) => one("id", userId),

    createOwner: (user, tenant, onlyFirst) =>
      store.write(async (tx) => {
        await lockFor(tx, "firstUser");
        if (onlyFirst && (await tx.get("SELECT 1 FROM users LIMIT 1")) !== undefined) return false;
        await tx.run(insertUser, { ...user });
        await insertTenant(tx, tenant, user.id);
        return true;
      }),

    createTenant: (tenant, ownerId) => store.write((tx) => insertTenant(tx, tenant, ownerId)),

    tenantsOf: async (userId) => {
      const rows = await store.all<Tenant & { role: MemberRole }>(
        `SELECT tenants.id, tenants.name, tenants.created_at_ms AS "createdAtMs", role
         FROM memberships JOIN tenants ON tenants.id = tenant_id WHERE user_id = $1 ORDER BY added_at_ms, tenants.id`,
        [userId],
      );
      return rows.map(({ role, ...tenant }) => ({ tenant, role }));
    },

    changePassword: ({ userId, from, to, nowMs }) =>
      store.write(async (tx) => {
        const changed = await tx.get<{ version: number }>(
          `UPDATE users SET password_hash = $to, session_version = session_version + 1 WHERE id = $userId AND password_hash = $from
           RETURNING session_version AS version`,
          { userId, from, to },
        );
        if (!changed) return undefined;
        await tx.run("UPDATE sessions SET ended_at_ms = $nowMs WHERE user_id = $userId AND ended_at_ms IS NULL", { userId, nowMs });
        return changed.version;
      }),

    setTotp: (userId, sealedSecret, enabled) =>
      store.write(async (tx) => {
        await tx.run("UPDATE users SET totp_secret = $sealedSecret, totp_enabled = $enabled WHERE id = $userId", { userId, sealedSecret, enabled });
      }),

    async spendTotpStep(userId, step) {
      return (await store.run("UPDATE users SET totp_last_step = $step WHERE id = $userId AND totp_last_step < $step", { userId, step })) === 1;
    },
  };
}
