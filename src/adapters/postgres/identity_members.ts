import type { MemberRole } from "#kernel/call";
import type { MemberChange, MemberStore } from "#ports/identity";
import { insertUser, memberOf, type MemberRow, membersOf } from "#ports/rows/identity";
import type { PostgresStore, Transaction } from "./connection.ts";
import { insertMembership } from "./identity_accounts.ts";

export function memberStore(store: PostgresStore): MemberStore {
  return {
    list: async (tenantId) => (await store.all<MemberRow>(`${membersOf} ORDER BY added_at_ms, user_id`, { tenantId })).map(memberOf),

    find: async (tenantId, userId) => {
      const row = await store.get<MemberRow>(`${membersOf} AND user_id = $userId`, { tenantId, userId });
      return row && memberOf(row);
    },

    add: ({ tenantId, user, role, addedAtMs, isNew }) =>
      store.write(async (tx) => {
        if (isNew) await tx.run(insertUser, { ...user });
        await insertMembership(tx, { tenantId, userId: user.id, role, addedAtMs });
      }),

    changeRole: ({ tenantId, userId, from, to, nowMs }) =>
      store.write(async (tx) => {
        const refused = await refusal(tx, { tenantId, userId, from, stays: to });
        if (refused) return refused;
        await tx.run("UPDATE memberships SET role = $to WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId, to });
        await endSessions(tx, tenantId, userId, nowMs);
        return "changed";
      }),

    remove: ({ tenantId, userId, from, nowMs }) =>
      store.write(async (tx) => {
        const refused = await refusal(tx, { tenantId, userId, from, stays: undefined });
        if (refused) return refused;
        await tx.run("DELETE FROM memberships WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId });
        await tx.run("DELETE FROM api_keys WHERE tenant_id = $tenantId AND created_by = $userId", { tenantId, userId });
        await endSessions(tx, tenantId, userId, nowMs);
        return "changed";
      }),
  };
}

/** Why a member's role may not become `stays`. Changes of one tenant's members wait for each other, or two owners could both leave. */
async function refusal(
  tx: Transaction,
  change: { tenantId: string; userId: string; from: MemberRole; stays: MemberRole | undefined },
): Promise<Exclude<MemberChange, "changed"> | undefined> {
  const { tenantId, userId, from, stays } = change;
  await tx.get("SELECT 1 FROM tenants WHERE id = $tenantId FOR NO KEY UPDATE", { tenantId });
  const current = await tx.get<{ role: MemberRole }>("SELECT role FROM memberships WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId });
  if (current?.role !== from) return "conflict";
  if (from !== "owner" || stays === "owner") return undefined;
  const owners = await tx.get<{ n: number }>("SELECT count(*) AS n FROM memberships WHERE tenant_id = $tenantId AND role = 'owner'", { tenantId });
  return owners!.n <= 1 ? "last_owner" : undefined;
}

export async function endSessions(tx: Transaction, tenantId: string, userId: string, nowMs: number): Promise<void> {
  await tx.run("UPDATE sessions SET ended_at_ms = $nowMs WHERE tenant_id = $tenantId AND user_id = $userId AND ended_at_ms IS NULL", {
    tenantId,
    userId,
    nowMs,
  });
}
