/** The law for every identity store. */
import { expect, test } from "bun:test";
import type { ApiKey, IdentityStore, Session, User } from "./identity.ts";

export interface IdentityStoreUnderTest extends AsyncDisposable {
  identity: IdentityStore;
}

const user = (name: string): User => ({
  id: `usr_${name}`,
  email: `${name}@example.org`,
  name,
  passwordHash: `hash of ${name}`,
  sessionVersion: 1,
  totpSecret: "",
  totpEnabled: false,
  createdAtMs: 1_000,
});
const tenant = (name: string) => ({ id: `ten_${name}`, name, createdAtMs: 1_000 });
const session = (id: string, change: Partial<Session> = {}): Session => ({
  id,
  tenantId: "ten_a",
  userId: "usr_a",
  version: 1,
  createdAtMs: 1_000,
  expiresAtMs: 10_000,
  device: "Firefox",
  ip: "192.0.2.1",
  lastUsedAtMs: 1_000,
  ...change,
});
/** A renewal from the same place and device. */
const renewal = (spent: string, next: string, nowMs: number) => ({ spent, next, nowMs, device: "Firefox", ip: "192.0.2.1" });
const key = (id: string, change: Partial<ApiKey> = {}): ApiKey => ({
  id,
  tenantId: "ten_a",
  createdBy: "usr_a",
  name: "CI",
  prefix: `upk_${id}`,
  hash: "hash",
  role: "editor",
  scopes: ["checks:read", "checks:write"],
  createdAtMs: 1_000,
  expiresAtMs: 0,
  lastUsedAtMs: 0,
  ...change,
});

export function identityStoreConformance(open: () => Promise<IdentityStoreUnderTest>): void {
  const opened = async () => {
    const under = await open();
    await under.identity.accounts.createOwner(user("a"), tenant("a"), true);
    return under;
  };
  accountLaws(open, opened);
  memberLaws(opened);
  sessionLaws(opened);
  ownSessionLaws(opened);
  keyLaws(opened);
}

type Open = () => Promise<IdentityStoreUnderTest>;

function accountLaws(open: Open, opened: Open): void {
  test("of two first owners at the same time one is created", async () => {
    await using under = await open();
    const { accounts } = under.identity;
    expect(await accounts.hasUsers()).toBe(false);
    expect(await accounts.oldestTenant()).toBeUndefined();
    const made = await Promise.all([accounts.createOwner(user("a"), tenant("a"), true), accounts.createOwner(user("b"), tenant("b"), true)]);
    expect(made.filter(Boolean)).toEqual([true]);
    expect(await accounts.tenantCount()).toBe(1);
    const [owner, other] = made[0] ? ["a", "b"] : ["b", "a"];
    expect(await accounts.oldestTenant()).toBe(tenant(owner!).id);
    expect(await accounts.byEmail(`${other}@example.org`)).toBeUndefined();
    expect(await accounts.byEmail(`${owner}@example.org`)).toEqual(user(owner!));
  });

  test("an e-mail that is taken creates neither user nor tenant", async () => {
    await using under = await opened();
    const { accounts } = under.identity;
    expect(accounts.createOwner({ ...user("b"), email: "a@example.org" }, tenant("b"), false)).rejects.toMatchObject({ code: "already_exists" });
    expect(await accounts.tenantCount()).toBe(1);
  });

  test("a changed password ends every session, and is not changed again from the old one", async () => {
    await using under = await opened();
    const { accounts, sessions } = under.identity;
    await sessions.open(session("ses_1"), "t1");
    const change = { userId: "usr_a", from: "hash of a", to: "new", nowMs: 2_000 };
    expect(await accounts.changePassword(change)).toBe(2);
    expect(await accounts.changePassword(change)).toBeUndefined();
    expect(await sessions.live("ses_1", 2_000)).toBeUndefined();
    expect(await accounts.byId("usr_a")).toMatchObject({ passwordHash: "new", sessionVersion: 2 });
  });

  test("a session opened with an outdated version never lives", async () => {
    await using under = await opened();
    const { accounts, sessions } = under.identity;
    await accounts.changePassword({ userId: "usr_a", from: "hash of a", to: "new", nowMs: 2_000 });
    await sessions.open(session("ses_1"), "t1");
    expect(await sessions.live("ses_1", 2_000)).toBeUndefined();
    expect(await sessions.rotate(renewal("t1", "t2", 2_000))).toEqual({ outcome: "refused" });
  });

  test("a step of the second factor is spent once, and no earlier one after it", async () => {
    await using under = await opened();
    const { accounts } = under.identity;
    const spent = await Promise.all([accounts.spendTotpStep("usr_a", 7), accounts.spendTotpStep("usr_a", 7)]);
    expect(spent.filter(Boolean)).toEqual([true]);
    expect(await accounts.spendTotpStep("usr_a", 6)).toBe(false);
    expect(await accounts.spendTotpStep("usr_a", 8)).toBe(true);
  });

  test("of two first signing keys one is stored", async () => {
    await using under = await open();
    const { signingKeys } = under.identity;
    const one = { kid: "k1", publicJwk: "{}", sealedPrivateJwk: "s", createdAtMs: 1 };
    const other = { ...one, kid: "k2" };
    const added = await Promise.all([signingKeys.addFirst(one), signingKeys.addFirst(other)]);
    expect(added.filter(Boolean)).toEqual([true]);
    expect(await signingKeys.list()).toEqual([added[0] ? one : other]);
  });
}

function memberLaws(opened: Open): void {
  test("the last owner neither leaves nor steps down, not even with the other one at the same time", async () => {
    await using under = await opened();
    const { members } = under.identity;
    const leave = (userId: string) => members.remove({ tenantId: "ten_a", userId, from: "owner", nowMs: 1 });
    expect(await leave("usr_a")).toBe("last_owner");
    await members.add({ tenantId: "ten_a", user: user("b"), role: "owner", addedAtMs: 2_000, isNew: true });
    const left = await Promise.all([leave("usr_a"), leave("usr_b")]);
    expect(left.toSorted()).toEqual(["changed", "last_owner"]);
    const userId = left[0] === "changed" ? "usr_b" : "usr_a";
    expect(await members.changeRole({ tenantId: "ten_a", userId, from: "owner", to: "viewer", nowMs: 1 })).toBe("last_owner");
    expect((await members.list("ten_a")).map((member) => member.user.id)).toEqual([userId]);
  });

  test("a role that is not the expected one is not changed", async () => {
    await using under = await opened();
    const { members } = under.identity;
    await members.add({ tenantId: "ten_a", user: user("b"), role: "editor", addedAtMs: 2_000, isNew: true });
    expect(await members.changeRole({ tenantId: "ten_a", userId: "usr_b", from: "viewer", to: "admin", nowMs: 1 })).toBe("conflict");
    expect(await members.changeRole({ tenantId: "ten_b", userId: "usr_b", from: "editor", to: "admin", nowMs: 1 })).toBe("conflict");
    expect((await members.find("ten_a", "usr_b"))?.role).toBe("editor");
  });

  test("a removed member has no session and no API key there any more, and keeps those elsewhere", async () => {
    await using under = await opened();
    const { accounts, members, sessions, keys } = under.identity;
    await accounts.createOwner(user("b"), tenant("b"), false);
    await members.add({ tenantId: "ten_a", user: user("b"), role: "admin", addedAtMs: 2_000, isNew: false });
    await sessions.open(session("ses_1", { userId: "usr_b" }), "t1");
    await sessions.open(session("ses_2", { userId: "usr_b", tenantId: "ten_b" }), "t2");
    await keys.add(key("key_1", { createdBy: "usr_b" }));
    await keys.add(key("key_2", { createdBy: "usr_b", tenantId: "ten_b" }));
    expect(await members.remove({ tenantId: "ten_a", userId: "usr_b", from: "admin", nowMs: 3_000 })).toBe("changed");
    expect(await sessions.live("ses_1", 3_000)).toBeUndefined();
    expect(await keys.byPrefix("upk_key_1")).toBeUndefined();
    expect(await sessions.live("ses_2", 3_000)).toMatchObject({ role: "owner" });
    expect((await keys.byPrefix("upk_key_2"))?.makerRole).toBe("owner");
  });

  test("a user's tenants come in the order of joining", async () => {
    await using under = await opened();
    const { accounts, members } = under.identity;
    await accounts.createOwner(user("b"), tenant("b"), false);
    await members.add({ tenantId: "ten_b", user: user("a"), role: "viewer", addedAtMs: 5_000, isNew: false });
    expect((await accounts.tenantsOf("usr_a")).map(({ tenant: { id }, role }) => [id, role])).toEqual([["ten_a", "owner"], ["ten_b", "viewer"]]);
    expect(members.add({ tenantId: "ten_b", user: user("a"), role: "owner", addedAtMs: 6_000, isNew: false })).rejects.toMatchObject({
      code: "already_exists",
    });
  });
}

function sessionLaws(opened: Open): void {
  test("a refresh token is spent once; a second use ends the session for its child too", async () => {
    await using under = await opened();
    const { sessions } = under.identity;
    await sessions.open(session("ses_1"), "t1");
    const rotated = await sessions.rotate(renewal("t1", "t2", 2_000));
    expect(rotated).toEqual({ outcome: "rotated", session: { ...session("ses_1"), lastUsedAtMs: 2_000, role: "owner" } });
    expect(await sessions.rotate(renewal("t1", "t3", 3_000))).toEqual({ outcome: "reused", session: { ...session("ses_1"), lastUsedAtMs: 2_000 } });
    expect(await sessions.rotate(renewal("t2", "t4", 4_000))).toEqual({ outcome: "refused" });
    expect(await sessions.live("ses_1", 4_000)).toBeUndefined();
    expect(await sessions.byToken("t4")).toBeUndefined();
  });

  test("a session ends at its expiry, however often it was refreshed", async () => {
    await using under = await opened();
    const { sessions } = under.identity;
    await sessions.open(session("ses_1"), "t1");
    await sessions.rotate(renewal("t1", "t2", 9_999));
    expect(await sessions.live("ses_1", 9_999)).toBeDefined();
    expect(await sessions.live("ses_1", 10_000)).toBeUndefined();
    expect(await sessions.rotate(renewal("t2", "t3", 10_000))).toEqual({ outcome: "refused" });
    expect(await sessions.dropExpired(10_000)).toBe(1);
    expect(await sessions.byToken("t2")).toBeUndefined();
  });

  test("ending all sessions of a user in a tenant leaves the others", async () => {
    await using under = await opened();
    const { accounts, sessions } = under.identity;
    await accounts.createOwner(user("b"), tenant("b"), false);
    await sessions.open(session("ses_1"), "t1");
    await sessions.open(session("ses_2", { userId: "usr_b", tenantId: "ten_b" }), "t2");
    await sessions.endAllOf("ten_a", "usr_a", 2_000);
    expect(await sessions.live("ses_1", 2_000)).toBeUndefined();
    expect(await sessions.live("ses_2", 2_000)).toBeDefined();
  });
}

function ownSessionLaws(opened: Open): void {
  test("a user's own sessions: those that count, the one used last first, with where they were used", async () => {
    await using under = await opened();
    const { accounts, sessions } = under.identity;
    await accounts.createOwner(user("b"), tenant("b"), false);
    for (const [id, change] of [["ses_1", {}], ["ses_2", { expiresAtMs: 1_500 }], ["ses_3", { lastUsedAtMs: 1_200 }], ["ses_4", { userId: "usr_b", tenantId: "ten_b" }]] as const) {
      await sessions.open(session(id, change), `t_${id}`);
    }
    await sessions.rotate({ spent: "t_ses_1", next: "t2", nowMs: 2_000, device: "curl", ip: "192.0.2.9" });
    expect(await sessions.liveOf("usr_a", 2_000)).toEqual([
      { ...session("ses_1", { device: "curl", ip: "192.0.2.9", lastUsedAtMs: 2_000 }), role: "owner" },
      { ...session("ses_3", { lastUsedAtMs: 1_200 }), role: "owner" },
    ]);
    await sessions.rotate({ spent: "t2", next: "t3", nowMs: 2_100, device: "", ip: "" });
    expect((await sessions.live("ses_1", 2_100))?.device).toBe("curl");
    expect(await sessions.endOthersOf("usr_a", "ses_3", 2_200)).toBe(1);
    expect((await sessions.liveOf("usr_a", 2_200)).map(({ id }) => id)).toEqual(["ses_3"]);
    expect(await sessions.live("ses_4", 2_200)).toBeDefined();
  });

  test("a recovery code is spent once, by its own user, until there are new ones", async () => {
    await using under = await opened();
    const { accounts, recoveryCodes } = under.identity;
    await accounts.createOwner(user("b"), tenant("b"), false);
    await recoveryCodes.replace("usr_a", ["h1", "h2"], 1_000);
    await recoveryCodes.replace("usr_b", ["h1"], 1_000);
    const spent = await Promise.all([recoveryCodes.spend("usr_a", "h1", 2_000), recoveryCodes.spend("usr_a", "h1", 2_000)]);
    expect(spent.filter(Boolean)).toEqual([true]);
    expect(await recoveryCodes.spend("usr_b", "h2", 2_000)).toBe(false);
    expect([await recoveryCodes.left("usr_a"), await recoveryCodes.left("usr_b"), await recoveryCodes.left("usr_c")]).toEqual([1, 1, 0]);
    await recoveryCodes.replace("usr_a", ["h3"], 3_000);
    expect(await recoveryCodes.spend("usr_a", "h2", 4_000)).toBe(false);
    await recoveryCodes.replace("usr_a", [], 5_000);
    expect(await recoveryCodes.left("usr_a")).toBe(0);
  });
}

function keyLaws(opened: Open): void {
  test("a key is read as it was stored, by its own tenant only", async () => {
    await using under = await opened();
    const { keys } = under.identity;
    await keys.add(key("key_1"));
    await keys.add(key("key_2", { scopes: [], createdAtMs: 2_000 }));
    expect(await keys.list("ten_a")).toEqual([key("key_1"), key("key_2", { scopes: [], createdAtMs: 2_000 })]);
    expect(await keys.list("ten_b")).toEqual([]);
    expect(await keys.find("ten_b", "key_1")).toBeUndefined();
    expect(await keys.revoke("ten_b", "key_1")).toBe(false);
    expect(await keys.byPrefix("upk_key_1")).toEqual({ key: key("key_1"), makerRole: "owner" });
    expect(await keys.revoke("ten_a", "key_1")).toBe(true);
    expect(await keys.byPrefix("upk_key_1")).toBeUndefined();
  });

  test("the time of last use never moves back", async () => {
    await using under = await opened();
    const { keys } = under.identity;
    await keys.add(key("key_1"));
    await keys.touch([{ tenantId: "ten_a", id: "key_1", atMs: 5_000 }]);
    await keys.touch([{ tenantId: "ten_a", id: "key_1", atMs: 4_000 }, { tenantId: "ten_b", id: "key_1", atMs: 9_000 }]);
    expect((await keys.find("ten_a", "key_1"))?.lastUsedAtMs).toBe(5_000);
  });
}
