import type { MemberRole } from "#kernel/call";
import type { MemberChange, MemberStore } from "#ports/identity";
import { insertUser, memberOf, type MemberRow, membersOf } from "#ports/rows/identity";
import type { SqliteStore, Transaction } from "./connection.ts";
import { insertMembership } from "./identity_accounts.ts";

export function memberStore(store: SqliteStore): MemberStore {
  return {
    list: async (tenantId) => store.all<MemberRow>(`${membersOf} ORDER BY added_at_ms, user_id`, { tenantId }).map(memberOf),

    find: async (tenantId, userId) => {
      const row = store.get<MemberRow>(`${membersOf} AND user_id = $userId`, { tenantId, userId });
      return row && memberOf(row);
    },

    add: ({ tenantId, user, role, addedAtMs, isNew }) =>
      store.write((tx) => {
        if (isNew) tx.run(insertUser, { ...user });
        insertMembership(tx, { tenantId, userId: user.id, role, addedAtMs });
      }),

    changeRole: ({ tenantId, userId, from, to, nowMs }) =>
      store.write((tx) => {
        const refused = refusal(tx, { tenantId, userId, from, stays: to });
        if (refused) return refused;
        tx.run("UPDATE memberships SET role = $to WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId, to });
        endSessions(tx, tenantId, userId, nowMs);
        return "changed";
      }),

    remove: ({ tenantId, userId, from, nowMs }) =>
      store.write((tx) => {
        const refused = refusal(tx, { tenantId, userId, from, stays: undefined });
        if (refused) return refused;
        tx.run("DELETE FROM memberships WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId });
        tx.run("DELETE FROM api_keys WHERE tenant_id = $tenantId AND created_by = $userId", { tenantId, userId });
        endSessions(tx, tenantId, userId, nowMs);
        return "changed";
      }),
  };
}

/** Why a member's role may not become `stays`; decided in the transaction that changes it, or two owners could both leave. */
function refusal(
  tx: Transaction,
  change: { tenantId: string; userId: string; from: MemberRole; stays: MemberRole | undefined },
): Exclude<MemberChange, "changed"> | undefined {
  const { tenantId, userId, from, stays } = change;
  const current = tx.get<{ role: MemberRole }>("SELECT role FROM memberships WHERE tenant_id = $tenantId AND user_id = $userId", { tenantId, userId });
  if (current?.role !== from) return "conflict";
  if (from !== "owner" || stays === "owner") return undefined;
  const owners = tx.get<{ n: number }>("SELECT count(*) AS n FROM memberships WHERE tenant_id = $tenantId AND role = 'owner'", { tenantId })!.n;
  return owners <= 1 ? "last_owner" : undefined;
}

export function endSessions(tx: Transaction, tenantId: string, userId: string, nowMs: number): void {
  tx.run("UPDATE sessions SET ended_at_ms = $nowMs WHERE tenant_id = $tenantId AND user_id = $userId AND ended_at_ms IS NULL", {
    tenantId,
    userId,
    nowMs,
  });
}
