/** The people of a tenant, and the tenants of a person. */
import { type Call, type MemberRole, requireRole, tenantOf } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { IdentityStore, Member, MemberChange, Tenant, User } from "#ports/identity";
import { checked } from "./input.ts";
import { requireMayGive, requireMayManage } from "./member_roles.ts";
import type { Passwords } from "./passwords.ts";
import type { Trail } from "./trail.ts";

export interface NewMember {
  email: string;
  name: string;
  role: string;
  /** Only for somebody who has no user yet; ignored otherwise. */
  password: string;
}

export interface Members {
  list(call: Call): Promise<Member[]>;
  add(wanted: NewMember, call: Call): Promise<Member>;
  changeRole(userId: string, role: string, call: Call): Promise<Member>;
  remove(userId: string, call: Call): Promise<void>;
  tenants(call: Call): Promise<Tenant[]>;
  createTenant(name: string, call: Call): Promise<Tenant>;
}

export interface MemberDeps {
  identity: IdentityStore;
  passwords: Passwords;
  trail: Trail;
  clock: Clock;
  ids: Ids;
  /** Makes a change count at once. */
  forget: () => void;
}

export function createMembers(deps: MemberDeps): Members {
  const { identity, trail, clock, ids } = deps;
  const { members } = identity;

  const find = async (userId: string, call: Call): Promise<Member> => {
    const member = await members.find(tenantOf(call), userId);
    if (!member) throw new AppError("not_found", `member ${JSON.stringify(userId.slice(0, 60))}: not found`);
    return member;
  };

  const settle = (outcome: MemberChange) => {
    if (outcome === "last_owner") throw new AppError("failed_precondition", "the last owner stays: make somebody else an owner first");
    if (outcome === "conflict") throw new AppError("version_conflict", "the member was changed by somebody else: look again");
    deps.forget();
  };

  return {
    list: (call) => members.list(tenantOf(call)),

    async add(wanted, call) {
      const tenantId = tenantOf(call);
      const input = checked("member refused", (from) => ({ email: from.email(wanted.email), role: from.role(wanted.role) }));
      const known = await identity.accounts.byEmail(input.email);
      return trail.around(call, { action: "member.add", subject: known?.id ?? "", detail: input }, async () => {
        requireRole(call, "admin");
        requireMayGive(call.actor, input.role);
        const user = known ?? (await newUser(wanted, deps));
        const addedAtMs = Math.floor(clock.now());
        try {
          await members.add({ tenantId, user, role: input.role, addedAtMs, isNew: known === undefined });
        } catch (error) {
          throw error instanceof AppError && error.code === "already_exists"
            ? new AppError("already_exists", `${input.email} is a member already`, { fields: [{ pointer: "/email", message: "is a member already" }] })
            : error;
        }
        return { user, role: input.role, addedAtMs };
      });
    },

    async changeRole(userId, role, call) {
      const tenantId = tenantOf(call);
      const to: MemberRole = checked("member not changed", (from) => from.role(role));
      const member = await find(userId, call);
      if (member.role === to) return member;
      return trail.around(call, { action: "member.update", subject: userId, detail: { from: member.role, to } }, async () => {
        requireMayManage(call.actor, member.role, isSelf(userId, call));
        requireMayGive(call.actor, to);
        settle(await members.changeRole({ tenantId, userId, from: member.role, to, nowMs: Math.floor(clock.now()) }));
        return { ...member, role: to };
      });
    },

    async remove(userId, call) {
      const tenantId = tenantOf(call);
      const member = await find(userId, call);
      await trail.around(call, { action: "member.remove", subject: userId, detail: { role: member.role } }, async () => {
        requireMayManage(call.actor, member.role, isSelf(userId, call));
        settle(await members.remove({ tenantId, userId, from: member.role, nowMs: Math.floor(clock.now()) }));
      });
    },

    async tenants(call) {
      const own = tenantOf(call);
      const { actor } = call;
      // A key is of one tenant; it is found through the members' side so that nothing else is read.
      const userId = actor.type === "user" ? actor.id : ((await identity.keys.find(own, actor.id))?.createdBy ?? "");
      const all = await identity.accounts.tenantsOf(userId);
      return all.map(({ tenant }) => tenant).filter((tenant) => actor.type === "user" || tenant.id === own);
    },

    async createTenant(name, call) {
      const tenant: Tenant = { id: ids.next("ten"), name: checked("tenant refused", (from) => from.requiredName(name)), createdAtMs: Math.floor(clock.now()) };
      return trail.around(call, { action: "tenant.create", subject: tenant.id, detail: { name: tenant.name } }, async () => {
        // From the second tenant on private addresses need the operator's permission, so not everybody may make one.
        requireRole(call, "owner");
        if (call.actor.type !== "user") throw new AppError("forbidden", "tenants are made by users: sign in with a password");
        await identity.accounts.createTenant(tenant, call.actor.id);
        return tenant;
      });
    },
  };
}

function isSelf(userId: string, { actor }: Call): boolean {
  return actor.type === "user" && actor.id === userId;
}

async function newUser(wanted: NewMember, { passwords, ids, clock }: MemberDeps): Promise<User> {
  const input = checked("member refused", (from) => {
    const email = from.email(wanted.email);
    return { email, name: from.name(wanted.name, ""), password: from.newPassword(wanted.password, email) };
  });
  return {
    id: ids.next("usr"),
    email: input.email,
    name: input.name,
    passwordHash: await passwords.hash(input.password),
    sessionVersion: 1,
    totpSecret: "",
    totpEnabled: false,
    createdAtMs: Math.floor(clock.now()),
  };
}
