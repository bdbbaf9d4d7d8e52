import { expect, test } from "bun:test";
import type { Call } from "#kernel/call";
import { callOf, nobody, owner, startSignedIn } from "../../testing/auth_role.ts";

const { password } = owner;

async function opened() {
  const role = await startSignedIn({ registration: "open" });
  const { auth, ann } = role;
  const join = async (email: string, memberRole: string) => {
    await auth.addMember({ email, role: memberRole, password }, ann);
    return auth.login({ email, password }, nobody);
  };
  return { ...role, join };
}

test("the last owner neither leaves nor steps down", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const lastOwner = { code: "failed_precondition", message: "the last owner stays: make somebody else an owner first" };
  expect(auth.removeMember({ userId: ann.actor.id }, ann)).rejects.toMatchObject(lastOwner);
  expect(auth.updateMember({ userId: ann.actor.id, role: "viewer" }, ann)).rejects.toMatchObject(lastOwner);
  const { user } = await under.join("bob@example.org", "owner");
  await auth.removeMember({ userId: ann.actor.id }, ann);
  expect((await auth.listMembers({}, { ...ann, actor: { ...ann.actor, id: user!.id } })).items.map((member) => member.user!.id)).toEqual([user!.id]);
});

test("admins manage those below them; only owners make owners", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const admin = callOf(await under.join("admin@example.org", "admin"));
  const peer = await under.join("peer@example.org", "admin");
  const editor = await under.join("editor@example.org", "editor");
  const forbidden = { code: "forbidden" };
  expect(auth.addMember({ email: "x@example.org", role: "owner", password }, admin)).rejects.toMatchObject(forbidden);
  expect(auth.updateMember({ userId: editor.user!.id, role: "owner" }, admin)).rejects.toMatchObject(forbidden);
  expect(auth.updateMember({ userId: admin.actor.id, role: "owner" }, admin)).rejects.toMatchObject(forbidden);
  expect(auth.updateMember({ userId: ann.actor.id, role: "viewer" }, admin)).rejects.toMatchObject(forbidden);
  expect(auth.removeMember({ userId: ann.actor.id }, admin)).rejects.toMatchObject(forbidden);
  expect(auth.removeMember({ userId: peer.user!.id }, admin)).rejects.toMatchObject(forbidden);
  for (const low of [callOf(editor), { ...callOf(editor), actor: { ...callOf(editor).actor, role: "viewer" } } as Call]) {
    expect(auth.addMember({ email: "x@example.org", role: "viewer", password }, low)).rejects.toMatchObject(forbidden);
    expect(auth.updateMember({ userId: peer.user!.id, role: "viewer" }, low)).rejects.toMatchObject(forbidden);
    expect(auth.updateMember({ userId: low.actor.id, role: "admin" }, low)).rejects.toMatchObject(forbidden);
    expect(auth.createTenant({ name: "Mine" }, low)).rejects.toMatchObject(forbidden);
    expect(auth.listAudit({}, low)).rejects.toMatchObject(forbidden);
    expect(auth.verifyAudit({}, low)).rejects.toMatchObject(forbidden);
  }
  expect((await auth.updateMember({ userId: editor.user!.id, role: "viewer" }, admin)).role).toBe("viewer");
  await auth.removeMember({ userId: editor.user!.id }, admin);
  expect(under.store.all("SELECT role FROM memberships ORDER BY role")).toEqual([{ role: "admin" }, { role: "admin" }, { role: "owner" }]);
});

test("a changed role and a removal end the member's sessions at once", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const bob = await under.join("bob@example.org", "editor");
  await auth.validateToken({ accessToken: bob.accessToken }, nobody);
  await auth.updateMember({ userId: bob.user!.id, role: "viewer" }, ann);
  expect(auth.validateToken({ accessToken: bob.accessToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.refresh({ refreshToken: bob.refreshToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });

  const again = await auth.login({ email: "bob@example.org", password }, nobody);
  expect(await auth.validateToken({ accessToken: again.accessToken }, nobody)).toMatchObject({ role: "viewer" });
  await auth.removeMember({ userId: bob.user!.id }, ann);
  expect(auth.validateToken({ accessToken: again.accessToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.login({ email: "bob@example.org", password }, nobody)).rejects.toMatchObject({ code: "forbidden" });
});

test("another tenant's members are not there", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const bob = callOf(await auth.register({ email: "bob@example.org", password }, nobody));
  expect(auth.updateMember({ userId: ann.actor.id, role: "viewer" }, bob)).rejects.toMatchObject({ code: "not_found" });
  expect(auth.removeMember({ userId: ann.actor.id }, bob)).rejects.toMatchObject({ code: "not_found" });
  expect(auth.login({ email: "bob@example.org", password, tenantId: ann.tenantId }, nobody)).rejects.toMatchObject({ code: "forbidden" });
  expect(auth.getMe({}, { ...bob, tenantId: ann.tenantId })).rejects.toMatchObject({ code: "unauthenticated" });
  expect((await auth.listMembers({}, bob)).items).toHaveLength(1);
  expect((await auth.listTenants({}, bob)).items.map((tenant) => tenant.id)).toEqual([bob.tenantId]);
});

test("a user of two tenants signs in to either, and keeps the password when added", async () => {
  await using under = await opened();
  const { auth, ann, clock } = under;
  const bob = await auth.register({ email: "bob@example.org", password }, nobody);
  clock.jump(1);
  await auth.addMember({ email: "Bob@Example.org", role: "viewer", password: "not looked at here" }, ann);
  expect((await auth.login({ email: "bob@example.org", password }, nobody)).tenant!.id).toBe(bob.tenant!.id);
  expect(await auth.login({ email: "bob@example.org", password, tenantId: ann.tenantId }, nobody)).toMatchObject({ role: "viewer" });
  expect(auth.addMember({ email: "bob@example.org", role: "viewer" }, ann)).rejects.toMatchObject({ code: "already_exists" });
  const second = await auth.createTenant({ name: "Second" }, ann);
  expect((await auth.listTenants({}, ann)).items.map((tenant) => tenant.name)).toEqual(["Default", "Second"]);
  expect(second.id).toStartWith("ten_");
});

test("a new member without a password is told so, and nothing is created", async () => {
  await using under = await opened();
  expect(under.auth.addMember({ email: "new@example.org", role: "viewer" }, under.ann)).rejects.toMatchObject({ fields: [{ pointer: "/password" }] });
  expect(under.store.all("SELECT id FROM users")).toHaveLength(1);
});
