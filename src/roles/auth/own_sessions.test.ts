import { expect, test } from "bun:test";
import type { Call } from "#kernel/call";
import { callOf, nobody, owner, startSignedIn } from "../../testing/auth_role.ts";

const from = (call: Call, ip: string): Call => ({ ...call, actor: { ...call.actor, ip } });

test("a person sees where they are signed in, and when that was used last", async () => {
  await using under = await startSignedIn();
  const { auth, ann, clock } = under;
  clock.jump(60_000);
  const phone = await auth.login({ ...owner, device: "Phone\u0007 1.0" }, from(nobody, "192.0.2.7"));
  clock.jump(60_000);
  await auth.refresh({ refreshToken: phone.refreshToken }, from(nobody, "192.0.2.8"));
  const { items } = await auth.listSessions({}, ann);
  expect(items.map(({ device, ip, createdAtMs, lastUsedAtMs }) => ({ device, ip, agoMs: clock.now() - createdAtMs, usedAgoMs: clock.now() - lastUsedAtMs }))).toEqual([
    { device: "Phone 1.0", ip: "192.0.2.8", agoMs: 60_000, usedAgoMs: 0 },
    { device: "", ip: "192.0.2.1", agoMs: 120_000, usedAgoMs: 120_000 },
  ]);
});

test("one session is ended, or every other one, and both stand in the audit log", async () => {
  await using under = await startSignedIn();
  const { auth, ann } = under;
  const phone = await auth.login({ ...owner, device: "Phone" }, nobody);
  const tablet = await auth.login({ ...owner, device: "Tablet" }, nobody);
  const idOf = async (accessToken: string) => (await auth.validateToken({ accessToken }, nobody)).sessionId;
  const [phoneId, ownId] = [await idOf(phone.accessToken), await idOf(under.session.accessToken)];
  await auth.endSessions({ id: phoneId }, ann);
  expect(auth.validateToken({ accessToken: phone.accessToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect(auth.endSessions({ id: phoneId }, ann)).rejects.toMatchObject({ code: "not_found" });
  expect((await auth.endSessions({ keepId: ownId }, ann)).ended).toBe(1);
  expect(auth.refresh({ refreshToken: tablet.refreshToken }, nobody)).rejects.toMatchObject({ code: "unauthenticated" });
  expect((await auth.listSessions({}, ann)).items.map(({ id }) => id)).toEqual([ownId]);
  const { items } = await auth.listAudit({ action: "auth.session_end" }, ann);
  expect(items.map(({ subject, detailJson }) => [subject, detailJson])).toEqual([["others", '{"ended":1}'], [phoneId, "{}"]]);
});

test("nobody sees or ends the sessions of somebody else, and a key has none", async () => {
  await using under = await startSignedIn();
  const { auth, ann, session } = under;
  await auth.addMember({ email: "bob@example.org", role: "owner", password: "another long phrase" }, ann);
  const bob = callOf(await auth.login({ email: "bob@example.org", password: "another long phrase" }, nobody));
  const { sessionId } = await auth.validateToken({ accessToken: session.accessToken }, nobody);
  expect(auth.endSessions({ id: sessionId }, bob)).rejects.toMatchObject({ code: "not_found" });
  expect((await auth.listSessions({}, bob)).items).toHaveLength(1);
  await auth.endSessions({ keepId: "" }, bob);
  expect((await auth.listSessions({}, ann)).items).toHaveLength(1);
  const key: Call = { ...ann, actor: { ...ann.actor, type: "api_key", id: "key_1" } };
  expect(auth.listSessions({}, key)).rejects.toMatchObject({ code: "forbidden" });
  expect(auth.endSessions({ keepId: "" }, key)).rejects.toMatchObject({ code: "forbidden" });
});
