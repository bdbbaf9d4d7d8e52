import { expect, test } from "bun:test";
import { callOf, nobody, owner, startAuthRole, startSignedIn } from "../../testing/auth_role.ts";

const refused = { code: "unauthenticated" };

test("a spent refresh token that comes again ends the family for both who hold it", async () => {
  await using under = await startSignedIn();
  const { auth, store } = under;
  const first = under.session;
  const second = await auth.refresh({ refreshToken: first.refreshToken }, nobody);
  expect(second.refreshToken).not.toBe(first.refreshToken);
  await auth.validateToken({ accessToken: second.accessToken }, nobody);
  expect(auth.refresh({ refreshToken: first.refreshToken }, nobody)).rejects.toMatchObject(refused);
  expect(auth.refresh({ refreshToken: second.refreshToken }, nobody)).rejects.toMatchObject(refused);
  expect(auth.validateToken({ accessToken: second.accessToken }, nobody)).rejects.toMatchObject(refused);
  expect(store.all("SELECT outcome FROM audit_entries WHERE action = 'auth.refresh_reuse'")).toEqual([{ outcome: "denied" }]);
});

test("of refreshes at the same time at most one succeeds", async () => {
  await using under = await startSignedIn();
  const { auth, store } = under;
  const { refreshToken } = under.session;
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => auth.refresh({ refreshToken }, nobody)));
  expect(all.filter((one) => one.status === "fulfilled").length).toBeLessThanOrEqual(1);
  expect(store.all("SELECT hash FROM refresh_tokens")).toHaveLength(2);
});

test("a token of one kind is not taken for another", async () => {
  await using under = await startSignedIn();
  const { auth } = under;
  const { accessToken, refreshToken } = under.session;
  expect(auth.validateToken({ accessToken: refreshToken }, nobody)).rejects.toMatchObject(refused);
  expect(auth.refresh({ refreshToken: accessToken }, nobody)).rejects.toMatchObject(refused);
  expect(auth.validateAPIKey({ key: accessToken }, nobody)).rejects.toMatchObject(refused);
});

test("only hashes of refresh tokens are stored", async () => {
  await using under = await startSignedIn();
  const { refreshToken, accessToken } = under.session;
  const stored = JSON.stringify(under.store.all("SELECT * FROM refresh_tokens, sessions, signing_keys, audit_entries"));
  for (const secret of [refreshToken, refreshToken.slice(4), accessToken]) expect(stored).not.toContain(secret);
  expect(stored).not.toContain('"d\\"');
});

test("signing out ends the access token at once, by refresh token or by session", async () => {
  await using under = await startSignedIn();
  const { auth } = under;
  const [one, two, three, four] = [await auth.login(owner, nobody), await auth.login(owner, nobody), await auth.login(owner, nobody), await auth.login(owner, nobody)];
  const identities = [];
  for (const session of [one, two, three, four]) identities.push(await auth.validateToken({ accessToken: session.accessToken }, nobody));
  const isOut = (session: typeof one) => expect(auth.validateToken({ accessToken: session.accessToken }, nobody)).rejects.toMatchObject(refused);

  await auth.logout({ refreshToken: one.refreshToken }, nobody);
  isOut(one);
  await auth.logout({ sessionId: identities[1]!.sessionId }, callOf(two));
  isOut(two);
  await auth.validateToken({ accessToken: three.accessToken }, nobody);
  await auth.logout({}, callOf(three));
  isOut(three);
  isOut(four);
});

test("nobody signs somebody else out by a session id", async () => {
  await using under = await startSignedIn({ registration: "open" });
  const { auth } = under;
  const ann = under.session;
  const bob = await auth.register({ email: "bob@example.org", password: owner.password }, nobody);
  const { sessionId } = await auth.validateToken({ accessToken: ann.accessToken }, nobody);
  await auth.logout({ sessionId }, callOf(bob));
  await auth.logout({}, nobody);
  expect(await auth.validateToken({ accessToken: ann.accessToken }, nobody)).toMatchObject({ sessionId });
});

test("a session that another process ended is believed for less than a second", async () => {
  await using under = await startSignedIn();
  const { auth, clock, store } = under;
  const other = await startAuthRole(store, { clock });
  const { accessToken, refreshToken } = under.session;
  await auth.validateToken({ accessToken }, nobody);
  await other.auth.logout({ refreshToken }, nobody);
  await clock.advance(999);
  expect(auth.validateToken({ accessToken }, nobody)).rejects.toMatchObject(refused);
});

test("a session ends 30 days after signing in, however often it was refreshed", async () => {
  await using under = await startSignedIn();
  const { auth, clock, stop } = under;
  let session = under.session;
  for (let day = 0; day < 29; day++) {
    clock.jump(86_400_000);
    session = await auth.refresh({ refreshToken: session.refreshToken }, nobody);
  }
  clock.jump(86_400_000 - 60_000);
  session = await auth.refresh({ refreshToken: session.refreshToken }, nobody);
  expect(session.expiresInS).toBe(60);
  clock.jump(60_000);
  expect(auth.refresh({ refreshToken: session.refreshToken }, nobody)).rejects.toMatchObject(refused);
  expect(auth.validateToken({ accessToken: session.accessToken }, nobody)).rejects.toMatchObject(refused);
  await stop();
});
