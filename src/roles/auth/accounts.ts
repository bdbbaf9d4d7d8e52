/** Becoming a user, signing in, and changing what proves it. */
import { type Call, type MemberRole, tenantOf } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { IdentityStore, Tenant, User } from "#ports/identity";
import { checked, normaliseEmail } from "./input.ts";
import type { Passwords } from "./passwords.ts";
import type { SecondFactor } from "./second_factor.ts";
import type { OpenedSession, Sessions } from "./sessions.ts";
import type { SetupToken } from "./setup.ts";
import type { Trail } from "./trail.ts";

export interface NewOwner {
  email: string;
  password: string;
  name: string;
  tenantName: string;
}

/** What a client says it is. */
interface Device {
  device: string;
}

export interface Me {
  user: User;
  tenant: Tenant;
  role: MemberRole;
}

export interface Accounts {
  setupNeeded(): Promise<boolean>;
  completeSetup(token: string, owner: NewOwner & Device, call: Call): Promise<OpenedSession>;
  /** The first owner from the settings; nothing when a user exists. */
  createFirstOwner(owner: NewOwner, call: Call): Promise<void>;
  register(owner: NewOwner & Device, call: Call): Promise<OpenedSession>;
  login(given: { email: string; password: string; totp: string; tenantId: string } & Device, call: Call): Promise<OpenedSession>;
  changePassword(change: { current: string; next: string } & Device, call: Call): Promise<OpenedSession>;
  /** Refuses unless it is the password of the caller; guesses are on record under `action`. */
  requirePassword(password: string, action: string, call: Call): Promise<Me>;
  /** Of an API key: its maker, with the role of the key. */
  me(call: Call): Promise<Me>;
}

export interface AccountDeps {
  identity: IdentityStore;
  passwords: Passwords;
  sessions: Sessions;
  secondFactor: SecondFactor;
  setup: SetupToken;
  trail: Trail;
  clock: Clock;
  ids: Ids;
  registrationOpen: boolean;
}

export function createAccounts(deps: AccountDeps): Accounts {
  const { identity, passwords, sessions, secondFactor, setup, trail, clock } = deps;

  return {
    setupNeeded: async () => !(await identity.accounts.hasUsers()),

    async completeSetup(token, owner, call) {
      if (await identity.accounts.hasUsers()) throw setupDone();
      if (!setup.matches(token)) throw new AppError("forbidden", "set-up refused: the token is not the one that was printed at this start");
      const made = await newOwner("set-up refused", owner, deps);
      if (!(await identity.accounts.createOwner(made.user, made.tenant, true))) throw setupDone();
      setup.spend();
      await trail.record(call, { action: "auth.setup", subject: made.user.id, outcome: "ok", ...as(made.user, made.tenant) });
      return sessions.open({ ...made, role: "owner" }, owner.device, call);
    },

    async createFirstOwner(owner, call) {
      if (await identity.accounts.hasUsers()) return;
      const { user, tenant } = await newOwner("admin-email and admin-password refused", owner, deps);
      if (!(await identity.accounts.createOwner(user, tenant, true))) return;
      await trail.record(call, { action: "auth.setup", subject: user.id, outcome: "ok", tenantId: tenant.id });
    },

    async register(owner, call) {
      if (!deps.registrationOpen) throw new AppError("forbidden", "registration is closed: ask an owner to add you, or set registration to open");
      if (!(await identity.accounts.hasUsers())) throw new AppError("failed_precondition", "the first owner is still missing: use the set-up link");
      const { user, tenant } = await newOwner("registration refused", owner, deps);
      try {
        await identity.accounts.createOwner(user, tenant, false);
      } catch (error) {
        throw error instanceof AppError && error.code === "already_exists"
          ? new AppError("already_exists", `registration refused: ${user.email} is taken`, { fields: [{ pointer: "/email", message: "is taken" }] })
          : error;
      }
      await trail.record(call, { action: "auth.register", subject: user.id, outcome: "ok", ...as(user, tenant) });
      return sessions.open({ user, tenant, role: "owner" }, owner.device, call);
    },

    login: (given, call) => login(given, call, deps),

    requirePassword,

    async changePassword({ current, next, device }, call) {
      const { user, tenant, role } = await requirePassword(current, "auth.password_change", call, "/current");
      checked("password not changed", (from) => from.newPassword(next, user.email, "/next"));
      const to = await passwords.hash(next);
      const sessionVersion = await identity.accounts.changePassword({ userId: user.id, from: user.passwordHash, to, nowMs: Math.floor(clock.now()) });
      if (sessionVersion === undefined) throw new AppError("version_conflict", "password not changed: it was changed at the same time elsewhere");
      sessions.forget();
      await trail.record(call, { action: "auth.password_change", subject: user.id, outcome: "ok" });
      return sessions.open({ user: { ...user, passwordHash: to, sessionVersion }, tenant, role }, device, call);
    },

    async me(call) {
      if (call.actor.type !== "api_key") return whoIs(call, identity);
      const key = await identity.keys.find(tenantOf(call), call.actor.id);
      if (!key) throw new AppError("unauthenticated", "this API key was revoked");
      // Whose key it is, with what the key may do.
      const maker = await whoIs({ ...call, actor: { ...call.actor, type: "user", id: key.createdBy } }, identity);
      return { ...maker, role: call.actor.role === "none" ? key.role : call.actor.role };
    },
  };

  async function requirePassword(password: string, action: string, call: Call, pointer = "/password"): Promise<Me> {
    const me = await whoIs(call, identity);
    if (await passwords.matches(password, me.user.passwordHash)) return me;
    await trail.record(call, { action, subject: me.user.id, outcome: "failed", detail: { reason: "password" } });
    const message = "the current password is wrong";
    throw new AppError("invalid_argument", `refused: ${message}`, { fields: [{ pointer, message }] });
  }

  /** One answer for an unknown e-mail and a wrong password, after the same work. */
  async function login(given: Parameters<Accounts["login"]>[0], call: Call, { identity }: AccountDeps): Promise<OpenedSession> {
    const user = await identity.accounts.byEmail(normaliseEmail(given.email));
    const matches = await passwords.matches(given.password, user?.passwordHash);
    const homes = await identity.accounts.tenantsOf(user?.id ?? "");
    const home = given.tenantId === "" ? homes[0] : homes.find(({ tenant }) => tenant.id === given.tenantId);
    const event = {
      action: "auth.login",
      subject: user?.id ?? "",
      tenantId: (home ?? homes[0])?.tenant.id ?? "",
      ...(user && { actor: { type: "user" as const, id: user.id } }),
    };
    if (!user || !matches) {
      await trail.record(call, { ...event, outcome: "failed", detail: { reason: "password" } });
      throw new AppError("unauthenticated", "sign-in failed: the e-mail or the password is wrong");
    }
    let by: string;
    try {
      by = await secondFactor.check(user, given.totp);
    } catch (error) {
      if (given.totp !== "") await trail.record(call, { ...event, outcome: "failed", detail: { reason: "second_factor" } });
      throw error;
    }
    if (!home) {
      await trail.record(call, { ...event, outcome: "denied", detail: { reason: "no_tenant" } });
      throw new AppError("forbidden", given.tenantId === "" ? "sign-in failed: you are a member of no tenant" : "sign-in failed: you are not a member of this tenant");
    }
    await trail.record(call, { ...event, outcome: "ok", ...(by === "recovery_code" && { detail: { by } }) });
    return sessions.open({ user, tenant: home.tenant, role: home.role }, given.device, call);
  }
}

/** The user of a call; a key or the product itself is not one. */
export async function whoIs(call: Call, identity: IdentityStore): Promise<Me> {
  const tenantId = tenantOf(call);
  if (call.actor.type !== "user") throw new AppError("forbidden", "this is for users: sign in with a password");
  const user = await identity.accounts.byId(call.actor.id);
  const home = (await identity.accounts.tenantsOf(call.actor.id)).find(({ tenant }) => tenant.id === tenantId);
  if (!user || !home) throw new AppError("unauthenticated", "you are not a member of this tenant any more: sign in again");
  return { user, tenant: home.tenant, role: home.role };
}

async function newOwner(what: string, given: NewOwner, { passwords, ids, clock }: AccountDeps): Promise<{ user: User; tenant: Tenant }> {
  const input = checked(what, (from) => {
    const email = from.email(given.email);
    return {
      email,
      password: from.newPassword(given.password, email),
      name: from.name(given.name, ""),
      tenantName: from.name(given.tenantName, "Default", "/tenantName"),
    };
  });
  const createdAtMs = Math.floor(clock.now());
  const passwordHash = await passwords.hash(input.password);
  return {
    user: { id: ids.next("usr"), email: input.email, name: input.name, passwordHash, sessionVersion: 1, totpSecret: "", totpEnabled: false, createdAtMs },
    tenant: { id: ids.next("ten"), name: input.tenantName, createdAtMs },
  };
}

function as(user: User, tenant: Tenant) {
  return { actor: { type: "user" as const, id: user.id }, tenantId: tenant.id };
}

function setupDone(): AppError {
  return new AppError("failed_precondition", "set-up is done: sign in");
}
