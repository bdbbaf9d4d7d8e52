import { expect, test } from "bun:test";
import { callOf, nobody, startAuthRole } from "../../testing/auth_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";

const owner = { email: "Ann@Example.org ", password: "a long enough phrase" };

test("the announced token creates the first owner once, even when two use it together", async () => {
  await using temp = await openTempStore();
  const { auth, setupToken } = await startAuthRole(temp.store);
  expect(await auth.getSetup({}, nobody)).toMatchObject({ needed: true, registrationOpen: false });
  const token = setupToken();
  expect(Buffer.from(token, "base64url").length).toBe(16);

  expect(auth.completeSetup({ ...owner, token: "guess" }, nobody)).rejects.toMatchObject({ code: "forbidden" });
  expect(auth.completeSetup({ ...owner, token: "" }, nobody)).rejects.toMatchObject({ code: "forbidden" });
  const [one, two] = await Promise.allSettled([
    auth.completeSetup({ ...owner, token }, nobody),
    auth.completeSetup({ ...owner, email: "bob@example.org", token }, nobody),
  ]);
  expect([one.status, two.status].sort()).toEqual(["fulfilled", "rejected"]);
  expect(temp.store.all("SELECT id FROM users")).toHaveLength(1);
  expect(temp.store.all("SELECT id FROM tenants")).toHaveLength(1);
  expect(setupToken()).toBe("");
  expect((await auth.getSetup({}, nobody)).needed).toBe(false);
  expect(auth.completeSetup({ ...owner, token }, nobody)).rejects.toMatchObject({ code: "failed_precondition" });
});

test("bad input is told field by field, without the password, and creates nothing", async () => {
  await using temp = await openTempStore();
  const { auth, setupToken } = await startAuthRole(temp.store);
  const token = setupToken();
  const refused = await auth.completeSetup({ token, email: "nobody", password: "hunter2", name: "x".repeat(101) }, nobody).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "invalid_argument",
    fields: [{ pointer: "/email" }, { pointer: "/password", message: "a password has at least 8 characters: this has 7" }, { pointer: "/name" }],
  });
  expect(String(refused)).not.toContain("hunter2");
  for (const password of ["Password123", "ann@example.org", "zzzzzzzzzzz", "x".repeat(257)]) {
    expect(auth.completeSetup({ token, email: "ann@example.org", password }, nobody)).rejects.toMatchObject({ fields: [{ pointer: "/password" }] });
  }
  expect(temp.store.all("SELECT id FROM users")).toEqual([]);
  expect(setupToken()).toBe(token);
});

test("the first owner of the settings is created at the first start only, and no link is announced", async () => {
  await using temp = await openTempStore();
  const settings = { adminEmail: "ann@example.org", adminPassword: owner.password };
  const first = await startAuthRole(temp.store, settings);
  expect(first.setupToken()).toBe("");
  expect(await first.auth.login(owner, nobody)).toMatchObject({ role: "owner", user: { email: "ann@example.org" }, expiresInS: 600 });
  const second = await startAuthRole(temp.store, { ...settings, adminEmail: "eve@example.org" });
  expect(second.auth.login({ ...owner, email: "eve@example.org" }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("half an owner in the settings, or one with a bad password, stops the start", async () => {
  await using temp = await openTempStore();
  expect(startAuthRole(temp.store, { adminEmail: "ann@example.org" })).rejects.toThrow("admin-email is set and admin-password is not: set both or neither");
  expect(startAuthRole(temp.store, { adminPassword: "a long enough phrase" })).rejects.toThrow("admin-password is set and admin-email is not");
  expect(startAuthRole(temp.store, { adminEmail: "ann@example.org", adminPassword: "short" })).rejects.toThrow("at least 8 characters");
});

test("an unknown e-mail and a wrong password get the same answer after the same work", async () => {
  await using temp = await openTempStore();
  const { auth } = await startAuthRole(temp.store, { adminEmail: "ann@example.org", adminPassword: owner.password });
  const timed = async (email: string) => {
    const startedAt = performance.now();
    const error: unknown = await auth.login({ email, password: "a wrong password" }, nobody).catch((thrown: unknown) => thrown);
    return { error: error as Error, tookMs: performance.now() - startedAt };
  };
  const [known, unknown] = [await timed("ann@example.org"), await timed("nobody@example.org")];
  expect(known.error).toMatchObject({ code: "unauthenticated", message: unknown.error.message });
  // bcrypt of cost 10 takes tens of milliseconds; without it the answer is there in two.
  for (const { tookMs } of [known, unknown]) expect(tookMs).toBeGreaterThan(15);
});

test("the password is stored as bcrypt of cost 10 and nowhere else", async () => {
  await using temp = await openTempStore();
  await startAuthRole(temp.store, { adminEmail: "ann@example.org", adminPassword: owner.password });
  const [row] = temp.store.all<{ password_hash: string }>("SELECT password_hash FROM users");
  expect(row!.password_hash).toStartWith("$2b$10$");
  expect(JSON.stringify(temp.store.all("SELECT * FROM users, audit_entries"))).not.toContain(owner.password);
});

test("registration is closed unless it was opened, and never takes the place of the set-up", async () => {
  await using temp = await openTempStore();
  const closed = await startAuthRole(temp.store);
  expect(closed.auth.register({ email: "bob@example.org", password: owner.password }, nobody)).rejects.toMatchObject({ code: "forbidden" });
  const open = await startAuthRole(temp.store, { registration: "open" });
  expect(open.auth.register({ email: "bob@example.org", password: owner.password }, nobody)).rejects.toMatchObject({ code: "failed_precondition" });
  const ann = await open.auth.completeSetup({ ...owner, token: open.setupToken() }, nobody);
  const bob = await open.auth.register({ email: "bob@example.org", password: owner.password, tenantName: "Bob's" }, nobody);
  expect(bob).toMatchObject({ role: "owner", tenant: { name: "Bob's" } });
  expect(bob.tenant!.id).not.toBe(ann.tenant!.id);
  expect((await open.auth.getTenancy({}, nobody)).tenants).toBe(2);
  expect(open.auth.register({ email: "BOB@example.org", password: owner.password }, nobody)).rejects.toMatchObject({
    code: "already_exists",
    fields: [{ pointer: "/email" }],
  });
});

test("a changed password ends every session before it, and the answer is a new one", async () => {
  await using temp = await openTempStore();
  const { auth } = await startAuthRole(temp.store, { adminEmail: "ann@example.org", adminPassword: owner.password });
  const [one, two] = [await auth.login(owner, nobody), await auth.login(owner, nobody)];
  expect(auth.changePassword({ current: "wrong", next: "another good phrase" }, callOf(one))).rejects.toMatchObject({ fields: [{ pointer: "/current" }] });
  expect(auth.changePassword({ current: owner.password, next: "short" }, callOf(one))).rejects.toMatchObject({ fields: [{ pointer: "/next" }] });
  await auth.validateToken({ accessToken: two.accessToken }, nobody);
  const next = await auth.changePassword({ current: owner.password, next: "another good phrase" }, callOf(one));
  for (const old of [one, two]) {
    expect(auth.validateToken({ accessToken: old.accessToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
    expect(auth.refresh({ refreshToken: old.refreshToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  }
  expect(await auth.validateToken({ accessToken: next.accessToken }, nobody)).toMatchObject({ type: "user", role: "owner" });
  expect(auth.login(owner, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  await auth.login({ ...owner, password: "another good phrase" }, nobody);
});
