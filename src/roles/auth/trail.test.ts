import { expect, test } from "bun:test";
import { nobody, owner, startSignedIn } from "../../testing/auth_role.ts";

/** A chain of five: set-up, sign-in and three that were recorded for others. */
async function opened() {
  const role = await startSignedIn();
  const { auth, ann, store } = role;
  for (const subject of ["chk_1", "chk_2", "chk_3"]) {
    await auth.recordAudit({ action: "check.create", subject, outcome: "ok", detailJson: '{"name": "Shop"}' }, ann);
  }
  const tamper = (sql: string) => store.write((tx) => tx.run(sql));
  const idOf = (seq: number) => store.get<{ id: string }>("SELECT id FROM audit_entries WHERE tenant_id = ? AND seq = ?", [ann.tenantId, seq])!.id;
  return { ...role, tamper, idOf };
}

test("who did what is listed newest first, page by page, and the chain holds", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const first = await auth.listAudit({ limit: 3 }, ann);
  expect(first.items.map((entry) => entry.subject)).toEqual(["chk_3", "chk_2", "chk_1"]);
  expect(first.items[0]).toMatchObject({ actor: ann.actor.id, actorType: "user", ip: "192.0.2.1", requestId: "req_1", outcome: "ok", detailJson: '{"name":"Shop"}' });
  const rest = await auth.listAudit({ limit: 3, cursor: first.nextCursor }, ann);
  expect(rest.items.map((entry) => entry.action)).toEqual(["auth.login", "auth.setup"]);
  expect(rest.nextCursor).toBe("");
  expect(auth.listAudit({ cursor: "7 OR 1=1" }, ann)).rejects.toMatchObject({ fields: [{ pointer: "/cursor" }] });
  expect(await auth.verifyAudit({}, ann)).toMatchObject({ ok: true, entries: 5, brokenAt: "", reason: "" });
});

test("a changed entry is named", async () => {
  for (const change of ["actor = 'usr_eve'", "outcome = 'failed'", "at_ms = at_ms + 1", "detail_json = '{}'", "hash = 'x' || substr(hash, 2)", "ip = ''"]) {
    await using under = await opened();
    const brokenAt = under.idOf(3);
    await under.tamper(`UPDATE audit_entries SET ${change} WHERE seq = 3`);
    expect(await under.auth.verifyAudit({}, under.ann)).toMatchObject({ ok: false, brokenAt, entries: 2 });
  }
});

test("a removed entry is named by the one that should have followed it", async () => {
  await using under = await opened();
  await under.tamper("DELETE FROM audit_entries WHERE seq = 3");
  expect(await under.auth.verifyAudit({}, under.ann)).toMatchObject({ ok: false, brokenAt: under.idOf(4), reason: "entry 3 is missing before it" });
});

test("a removed entry does not go unseen when the others move up", async () => {
  await using under = await opened();
  const brokenAt = under.idOf(4);
  await under.tamper("DELETE FROM audit_entries WHERE seq = 3");
  await under.tamper("UPDATE audit_entries SET seq = 3 WHERE seq = 4");
  expect(await under.auth.verifyAudit({}, under.ann)).toMatchObject({ ok: false, brokenAt });
});

test("two entries that changed places are named", async () => {
  await using under = await opened();
  const brokenAt = under.idOf(4);
  await under.tamper("UPDATE audit_entries SET seq = 100 WHERE seq = 3");
  await under.tamper("UPDATE audit_entries SET seq = 3 WHERE seq = 4");
  await under.tamper("UPDATE audit_entries SET seq = 4 WHERE seq = 100");
  expect(await under.auth.verifyAudit({}, under.ann)).toMatchObject({ ok: false, brokenAt });
});

test("a cut-off end shows", async () => {
  await using under = await opened();
  const brokenAt = under.idOf(3);
  await under.tamper("DELETE FROM audit_entries WHERE seq > 3");
  const report = await under.auth.verifyAudit({}, under.ann);
  expect(report).toMatchObject({ ok: false, entries: 3, brokenAt, reason: "the log ends early: 2 entries after it are missing" });
});

test("an entry put in at the end without us shows", async () => {
  await using under = await opened();
  await under.tamper("INSERT INTO audit_entries SELECT tenant_id, seq + 1, 'aud_evil', at_ms, actor, actor_type, ip, action, subject, outcome, detail_json, request_id, hash FROM audit_entries WHERE seq = 5");
  expect(await under.auth.verifyAudit({}, under.ann)).toMatchObject({ ok: false, brokenAt: "aud_evil" });
});

test("hostile text is kept inert, and the chain still verifies", async () => {
  await using under = await opened();
  const { auth, ann } = under;
  const hostile = "x'; DROP TABLE audit_entries;--\u0000\u001b[2J\r\nforged line <img onerror=1>";
  await auth.recordAudit({ action: hostile, subject: hostile, outcome: "denied", detailJson: JSON.stringify({ hostile, half: "\ud800" }) }, ann);
  await auth.recordAudit({ action: "a", subject: "b", outcome: "failed", detailJson: "{not json" }, ann);
  await auth.recordAudit({ action: "a", subject: "b", outcome: "failed", detailJson: JSON.stringify("x".repeat(20_000)) }, ann);
  const { items } = await auth.listAudit({ limit: 3 }, ann);
  expect(items[2]!.subject).toBe("x'; DROP TABLE audit_entries;--\ufffd\ufffd[2J\ufffd\ufffdforged line <img onerror=1>");
  expect(items.map((entry) => typeof JSON.parse(entry.detailJson))).toEqual(["object", "object", "object"]);
  expect(items[0]!.detailJson.length).toBeLessThan(10_000);
  expect(await auth.verifyAudit({}, ann)).toMatchObject({ ok: true, entries: 8 });
  expect(auth.recordAudit({ action: "a", outcome: "maybe" }, ann)).rejects.toMatchObject({ code: "invalid_argument" });
});

test("what auth does itself it records itself, failures and refusals included, without a password or a key", async () => {
  await using under = await opened();
  const { auth, ann, store } = under;
  await auth.login({ ...owner, password: "a wrong password" }, nobody).catch(() => {});
  await auth.login({ email: "nobody@example.org", password: "a wrong password" }, nobody).catch(() => {});
  const { apiKey, key } = await auth.createAPIKey({ name: "CI" }, ann);
  await auth.revokeAPIKey({ id: apiKey!.id }, ann);
  const bob = await auth.addMember({ email: "bob@example.org", role: "editor", password: owner.password }, ann);
  const asBob = { ...ann, actor: { ...ann.actor, id: bob.user!.id, role: "editor" as const } };
  await auth.removeMember({ userId: ann.actor.id }, asBob).catch(() => {});
  await auth.updateMember({ userId: bob.user!.id, role: "viewer" }, ann);
  await auth.removeMember({ userId: bob.user!.id }, ann);
  await auth.changePassword({ current: owner.password, next: "another good phrase" }, ann);

  const recorded = (await auth.listAudit({ limit: 8 }, ann)).items.map((entry) => `${entry.action} ${entry.outcome}`).reverse();
  expect(recorded).toEqual([
    "auth.login failed",
    "api_key.create ok",
    "api_key.revoke ok",
    "member.add ok",
    "member.remove denied",
    "member.update ok",
    "member.remove ok",
    "auth.password_change ok",
  ]);
  expect(store.all("SELECT action, outcome FROM audit_entries WHERE tenant_id = ''")).toEqual([{ action: "auth.login", outcome: "failed" }]);
  const written = JSON.stringify(store.all("SELECT * FROM audit_entries"));
  for (const secret of [owner.password, "a wrong password", "another good phrase", key]) expect(written).not.toContain(secret);
});
