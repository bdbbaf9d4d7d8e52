import { expect, test } from "bun:test";
import type { Call } from "#kernel/call";
import { callOf, nobody, owner, startSignedIn } from "../../testing/auth_role.ts";
import { newApiKeyText, prefixOf } from "./api_key_text.ts";

const opened = () => startSignedIn({ registration: "open" });
const withRole = (call: Call, role: Call["actor"]["role"]): Call => ({ ...call, actor: { ...call.actor, role } });

test("a key is shown once, works with its role and scopes, and dies when revoked", async () => {
  await using under = await opened();
  const { auth, ann, store } = under;
  const { apiKey, key } = await auth.createAPIKey({ name: "CI", role: "editor", scopes: ["checks:write", "checks:read"] }, ann);
  expect(key).toMatch(/^upk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/);
  expect(key).toStartWith(apiKey!.prefix);
  expect(JSON.stringify(store.all("SELECT * FROM api_keys, audit_entries"))).not.toContain(key.slice(13));
  expect(await auth.validateAPIKey({ key }, nobody)).toMatchObject({
    type: "api_key",
    id: apiKey!.id,
    tenantId: ann.tenantId,
    role: "editor",
    scopes: ["checks:read", "checks:write"],
  });
  expect((await auth.listAPIKeys({}, ann)).items).toEqual([apiKey!]);
  await auth.revokeAPIKey({ id: apiKey!.id }, ann);
  expect(auth.validateAPIKey({ key }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect((await auth.listAPIKeys({}, ann)).items).toEqual([]);
});

test("a key may ask whose it is", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const { apiKey } = await auth.createAPIKey({ name: "CI", role: "viewer" }, ann);
  const asKey: Call = { ...ann, actor: { type: "api_key", id: apiKey!.id, role: "viewer", ip: "" } };
  expect(await auth.getMe({}, asKey)).toMatchObject({ user: { email: owner.email }, tenant: { id: ann.tenantId }, role: "viewer" });
  expect(auth.getMe({}, { ...asKey, tenantId: "ten_other" })).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.changePassword({ current: owner.password, next: "another good phrase" }, asKey)).rejects.toMatchObject({ code: "forbidden" });
});

test("a mistyped key is discarded without asking the store; a lookalike with the right checksum is refused", async () => {
  await using under = await opened();
  const { auth, ann, store } = under;
  const { key } = await auth.createAPIKey({ name: "CI" }, ann);
  expect(prefixOf(key)).toBe(key.slice(0, 12));
  for (const typo of [`${key.slice(0, 20)}${key[20] === "a" ? "b" : "a"}${key.slice(21)}`, key.slice(1), `${key}0`, "", `${key} `]) {
    expect(prefixOf(typo)).toBeUndefined();
    expect(auth.validateAPIKey({ key: typo }, nobody)).rejects.toMatchObject({ message: "API key refused: it is not a whole key" });
  }
  const lookalike = newApiKeyText();
  expect(auth.validateAPIKey({ key: lookalike.text }, nobody)).rejects.toMatchObject({ message: "API key refused: it is unknown or was revoked" });
  // The same prefix with another secret.
  await store.write((tx) => tx.run("UPDATE api_keys SET prefix = ?", [lookalike.prefix]));
  expect(auth.validateAPIKey({ key: lookalike.text }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a key ends at its expiry", async () => {
  await using under = await opened();
  const { auth, ann, clock } = under;
  expect(auth.createAPIKey({ name: "CI", expiresAtMs: clock.now() }, ann)).rejects.toMatchObject({ fields: [{ pointer: "/expiresAt" }] });
  const { key } = await auth.createAPIKey({ name: "CI", expiresAtMs: clock.now() + 1_000 }, ann);
  await auth.validateAPIKey({ key }, nobody);
  clock.jump(1_000);
  expect(auth.validateAPIKey({ key }, nobody)).rejects.toMatchObject({ message: "API key refused: it has expired" });
});

test("a key never has more than its maker: not when made, not after a demotion", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const member = await auth.addMember({ email: "eve@example.org", role: "admin", password: owner.password }, ann);
  const eve: Call = { ...ann, actor: { ...ann.actor, id: member.user!.id, role: "admin" } };
  expect(auth.createAPIKey({ name: "CI", role: "owner" }, eve)).rejects.toMatchObject({ code: "forbidden" });
  const { key } = await auth.createAPIKey({ name: "CI", role: "admin" }, eve);
  expect((await auth.validateAPIKey({ key }, nobody)).role).toBe("admin");
  await auth.updateMember({ userId: member.user!.id, role: "viewer" }, ann);
  expect((await auth.validateAPIKey({ key }, nobody)).role).toBe("viewer");
  await auth.removeMember({ userId: member.user!.id }, ann);
  expect(auth.validateAPIKey({ key }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a key makes no keys, and bad input is told by field", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const asKey: Call = { ...ann, actor: { type: "api_key", id: "key_1", role: "owner", ip: "" } };
  expect(auth.createAPIKey({ name: "CI" }, asKey)).rejects.toMatchObject({ code: "forbidden" });
  expect(auth.createAPIKey({ name: "CI" }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.createAPIKey({ name: " ", role: "king", scopes: ["*"] }, ann)).rejects.toMatchObject({
    code: "invalid_argument",
    fields: [{ pointer: "/name" }, { pointer: "/role" }, { pointer: "/scopes" }],
  });
});

test("another tenant's key, and another member's for who is no admin, is not there", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const bob = callOf(await auth.register({ email: "bob@example.org", password: owner.password }, nobody));
  const { apiKey, key } = await auth.createAPIKey({ name: "CI" }, ann);
  const viewer: Call = { ...withRole(ann, "viewer"), actor: { ...ann.actor, id: "usr_other", role: "viewer" } };
  for (const stranger of [bob, viewer]) {
    expect(auth.revokeAPIKey({ id: apiKey!.id }, stranger)).rejects.toMatchObject({ code: "not_found" });
    expect((await auth.listAPIKeys({}, stranger)).items).toEqual([]);
  }
  expect((await auth.validateAPIKey({ key }, nobody)).tenantId).toBe(ann.tenantId);
});

test("the last use is written late, to the minute", async () => {
  await using under = await opened();
  const { auth, ann, clock, stop } = under;
  clock.jump(90_500);
  const { key } = await auth.createAPIKey({ name: "CI" }, ann);
  const lastUse = async () => (await auth.listAPIKeys({}, ann)).items[0]!.lastUsedAtMs;
  await auth.validateAPIKey({ key }, nobody);
  expect(await lastUse()).toBe(0);
  const minute = Math.floor(clock.now() / 60_000) * 60_000;
  await stop();
  expect(await lastUse()).toBe(minute);
});
