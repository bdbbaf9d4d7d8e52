import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { GetChannelRequestSchema, ListNotificationsRequestSchema, type Notification } from "#contracts/uptimeping/notification/v1/notification_pb";
import { openSqlite } from "../../adapters/sqlite/connection.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { type Mailbox, startMailbox } from "../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, refusalOf, type RoleUnderTest, startRole } from "../../testing/notification_role.ts";
import { openTempStore, type TempStore } from "../../testing/temp_store.ts";

const editor = callAs("editor");
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

interface Scene extends AsyncDisposable {
  temp: TempStore;
  mailbox: Mailbox;
  role: RoleUnderTest;
  channelId: string;
}

/** One webhook channel to a mailbox that verifies. */
async function openScene(settings: object = {}): Promise<Scene> {
  const temp = await openTempStore();
  const mailbox = await startMailbox({ secret });
  const role = await startRole(temp.store);
  const channelId = await addChannel(role, "webhook", { url: mailbox.url, secret, ...settings });
  const close = async () => {
    await role.stop();
    await mailbox.close();
    await temp[Symbol.asyncDispose]();
  };
  return { temp, mailbox, role, channelId, [Symbol.asyncDispose]: close };
}

async function ledgerOf(role: RoleUnderTest, filter: { incidentId?: string; state?: string } = {}, tenantId = "ten_1") {
  const { items } = await role.api.listNotifications(create(ListNotificationsRequestSchema, filter), callAs("viewer", tenantId));
  return items as Notification[];
}

test("an opened incident reaches the webhook at once, once, and the ledger says so", async () => {
  await using scene = await openScene();
  const { role, mailbox, channelId } = scene;
  expect(await role.take(incidentEvent())).toEqual({ acked: 1, retried: [] });
  await mailbox.waitFor(1);
  expect(await role.take(incidentEvent())).toEqual({ acked: 1, retried: [] });
  await role.advance(60_000);

  expect(mailbox.received.length).toBe(1);
  const rows = await ledgerOf(role, { incidentId: "inc_1" });
  expect(rows).toMatchObject([{ channelId, channelName: "webhook", state: "sent", reason: "delivered", eventType: "incident.opened" }]);
  const [request] = mailbox.received;
  expect(request!.headers["webhook-id"]).toBe(rows[0]!.id);
  expect(request!.headers["webhook-timestamp"]).toBe(String(Date.UTC(2026, 0, 1) / 1_000));
  expect(request!.verified).toBe(true);
  expect(request!.json).toMatchObject({
    type: "incident.opened",
    timestamp: "2026-01-01T00:00:00.000Z",
    data: { incident: { id: "inc_1", state: "open", resolvedAt: null }, check: { name: "Shop" }, result: { status: "down", error: { kind: "http_status" } } },
  });
});

test("no credential of a check leaves in a message", async () => {
  await using scene = await openScene();
  await scene.role.take(incidentEvent());
  await scene.mailbox.waitFor(1);
  const { body, json } = scene.mailbox.received[0]!;
  for (const credential of ["hunter2", "t0ken", "pin=1234", "k1"]) expect(body).not.toContain(credential);
  expect(json!.data.check!.target).toEqual({ url: "https://shop.example/health?api_key=***" });
});

test("a failed message comes again after 15 seconds with the same id, a new timestamp and a right signature", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  mailbox.respondWith(500, "drop");
  await role.take(incidentEvent());
  await role.advance(14_999);
  expect(mailbox.received.length).toBe(1);
  expect(await ledgerOf(role)).toMatchObject([{ state: "waiting", reason: "retrying", lastError: "status 500" }]);
  await role.advance(1_502);
  expect(mailbox.received.length).toBe(2);
  await role.advance(33_000);

  expect(mailbox.received.length).toBe(3);
  expect(new Set(mailbox.received.map((one) => one.headers["webhook-id"])).size).toBe(1);
  expect(new Set(mailbox.received.map((one) => one.headers["webhook-timestamp"])).size).toBe(3);
  expect(mailbox.received.every((one) => one.verified)).toBe(true);
  const [row] = await ledgerOf(role);
  expect(row).toMatchObject({ state: "sent", lastError: "" });
  expect(row!.attempts.map((attempt) => attempt.ok)).toEqual([false, false, true]);
});

test("while secrets rotate, each has its own signature", async () => {
  const newer = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
  await using scene = await openScene({ secret: `${newer} ${secret}` });
  await scene.role.take(incidentEvent());
  await scene.mailbox.waitFor(1);
  expect(scene.mailbox.received[0]!.verified).toBe(true);
  expect(scene.mailbox.received[0]!.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
});

test('"resolved" waits until "opened" has been delivered', async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  mailbox.respondWith(503, 503);
  await role.take(incidentEvent());
  await role.take(incidentEvent({ type: "incident.resolved", sequence: 2 }));
  await role.advance(20_000);
  expect(mailbox.received.map((one) => one.json!.type)).toEqual(["incident.opened", "incident.opened"]);
  await role.advance(40_000);
  expect(mailbox.received.map((one) => one.json!.type).slice(2)).toEqual(["incident.opened", "incident.resolved"]);
  expect((await ledgerOf(role)).map((row) => row.state)).toEqual(["sent", "sent"]);
});

test("events that arrive in the wrong order leave in the right one", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  await role.take(incidentEvent({ type: "incident.resolved", sequence: 2 }));
  expect(await ledgerOf(role)).toMatchObject([{ state: "held", reason: "held_for_an_earlier_event" }]);
  await role.take(incidentEvent());
  await role.idle();
  expect(mailbox.received.map((one) => one.json!.type)).toEqual(["incident.opened", "incident.resolved"]);
});

test("an event whose predecessor never comes is held for ten seconds only", async () => {
  await using scene = await openScene();
  await scene.role.take(incidentEvent({ type: "incident.resolved", sequence: 2 }));
  await scene.role.advance(9_999);
  expect(scene.mailbox.received.length).toBe(0);
  await scene.role.advance(1);
  expect(scene.mailbox.received.length).toBe(1);
});

test("a message that was sent but not marked when the process was killed is sent again with the same id", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const clock = createFakeClock();
  const before = await startRole(temp.store, { clock });
  await addChannel(before, "webhook", { url: mailbox.url });
  mailbox.respondWith("hang");
  await before.take(incidentEvent());
  await mailbox.waitFor(1);

  // Nothing is stopped or flushed: a second connection sees what a killed process left on disk.
  const reopened = openSqlite({ path: temp.store.path, groupMs: 0, onFatal: () => {} });
  const after = await startRole(reopened, { clock });
  await mailbox.waitFor(2);
  await after.idle();
  expect(mailbox.received[1]!.headers["webhook-id"]).toBe(mailbox.received[0]!.headers["webhook-id"]!);
  expect(await ledgerOf(after)).toMatchObject([{ state: "sent" }]);
  await after.stop();
  await clock.advance(15_000);
  await before.stop();
  await reopened.close();
});

test("a receiver that accepts and says nothing is given up after 15 seconds and tried again", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  mailbox.respondWith("hang");
  await role.take(incidentEvent());
  await mailbox.waitFor(1);
  await role.clock.advance(15_000);
  await role.idle();
  expect(await ledgerOf(role)).toMatchObject([{ state: "waiting", lastError: "no answer within 15 s" }]);
  await role.advance(17_000);
  expect(await ledgerOf(role)).toMatchObject([{ state: "sent" }]);
});

test("410 ends the message and disables the channel", async () => {
  await using scene = await openScene();
  const { role, mailbox, channelId } = scene;
  mailbox.respondWith(410);
  await role.take(incidentEvent());
  await role.idle();
  expect(await ledgerOf(role)).toMatchObject([{ state: "dead", reason: "receiver_gone" }]);
  const channel = await role.api.getChannel(create(GetChannelRequestSchema, { id: channelId }), editor);
  expect(channel).toMatchObject({ enabled: false, version: 2 });
});

test("a refusal is final, a redirect is a failure that is not followed", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  mailbox.respondWith({ status: 404, body: "no such hook" }, { status: 302, headers: { location: mailbox.url } });
  await role.take(incidentEvent());
  await role.idle();
  await role.take(incidentEvent({ incidentId: "inc_2" }));
  await role.idle();
  expect(await ledgerOf(role)).toMatchObject([
    { state: "waiting", reason: "retrying", lastError: "status 302: redirects are not followed" },
    { state: "dead", reason: "refused_by_receiver", lastError: "status 404 no such hook" },
  ]);
  expect(mailbox.received.length).toBe(2);
});

test("Retry-After is waited for, as seconds and as a date", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  const inTwoMinutes = new Date(Date.UTC(2026, 0, 1) + 100_000 + 120_000).toUTCString();
  mailbox.respondWith({ status: 429, headers: { "retry-after": "100" } }, { status: 503, headers: { "retry-after": inTwoMinutes } });
  await role.take(incidentEvent());
  await role.advance(99_999);
  expect(mailbox.received.length).toBe(1);
  await role.advance(1);
  expect(mailbox.received.length).toBe(2);
  await role.advance(119_999);
  expect(mailbox.received.length).toBe(2);
  await role.advance(1);
  expect(mailbox.received.length).toBe(3);
});

test("a message is dead after the last attempt, three days later, and a person can send it again", async () => {
  await using scene = await openScene();
  const { role, mailbox } = scene;
  mailbox.respondWith(...Array.from({ length: 13 }, () => 500));
  await role.take(incidentEvent());
  await role.idle();
  for (let [row] = await ledgerOf(role); row!.state === "waiting"; [row] = await ledgerOf(role)) {
    await role.advance(row!.nextAttemptAtMs - role.clock.now());
  }
  const days = (role.clock.now() - Date.UTC(2026, 0, 1)) / 86_400_000;
  expect(days).toBeWithin(3, 3.5);
  const [dead] = await ledgerOf(role);
  expect(dead).toMatchObject({ state: "dead", reason: "gave_up", nextAttemptAtMs: 0 });
  expect(dead!.attempts.length).toBe(13);

  await role.api.retryNotification({ id: dead!.id } as never, editor);
  await role.idle();
  expect(mailbox.received.length).toBe(14);
  expect(await ledgerOf(role)).toMatchObject([{ id: dead!.id, state: "sent" }]);
  expect(await refusalOf(role.api.retryNotification({ id: dead!.id } as never, editor))).toMatchObject({ code: "failed_precondition" });
});

test("a message to a channel that was deleted or disabled meanwhile says so", async () => {
  await using scene = await openScene();
  const { role, mailbox, channelId } = scene;
  const other = await addChannel(role, "webhook", { url: mailbox.url });
  mailbox.respondWith(500, 500);
  await role.take(incidentEvent());
  await role.idle();
  await role.api.deleteChannel({ id: channelId } as never, editor);
  await role.api.updateChannel({ id: other, version: 1, patch: { enabled: false } } as never, editor);
  await role.advance(17_000);
  expect((await ledgerOf(role)).map((row) => `${row.state} ${row.reason}`).toSorted()).toEqual(["dead channel_deleted", "dead channel_disabled"]);
});

test("what was delivered is kept for its retention and no longer", async () => {
  await using scene = await openScene();
  const { role } = scene;
  await role.take(incidentEvent());
  await role.idle();
  role.clock.jump(89 * 86_400_000);
  await role.advance(3_600_000);
  expect((await ledgerOf(role)).length).toBe(1);
  role.clock.jump(86_400_000);
  await role.advance(3_600_000);
  while ((await ledgerOf(role)).length > 0) await role.clock.advance(0);
});
