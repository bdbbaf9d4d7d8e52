import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { ListNotificationsRequestSchema, type Notification, SendNotificationRequestSchema } from "#contracts/uptimeping/notification/v1/notification_pb";
import { withSignal } from "#kernel/call";
import { startMailbox } from "../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, refusalOf, type RoleUnderTest, startRole } from "../../testing/notification_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";

const editor = callAs("editor");

async function ledgerOf(role: RoleUnderTest, tenantId = "ten_1"): Promise<Notification[]> {
  const { items } = await role.api.listNotifications(create(ListNotificationsRequestSchema), callAs("viewer", tenantId));
  return items as Notification[];
}

test("the channels of a check are told, once each; without any, every enabled channel of the tenant is", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const [first, second] = [await addChannel(role, "webhook", { url: `${mailbox.url}/1` }), await addChannel(role, "webhook", { url: `${mailbox.url}/2` })];
  const off = await addChannel(role, "webhook", { url: `${mailbox.url}/3` });
  await role.api.updateChannel({ id: off, version: 1, patch: { enabled: false } } as never, editor);

  await role.take(incidentEvent({ channels: [second, second, off, "chn_gone"] }));
  await role.idle();
  expect((await ledgerOf(role)).map((row) => [row.channelId, row.state, row.reason]).toReversed()).toEqual([
    [second, "sent", "delivered"],
    [off, "skipped", "channel_disabled"],
    ["chn_gone", "skipped", "channel_deleted"],
  ]);
  await role.take(incidentEvent({ incidentId: "inc_2" }));
  await role.idle();
  expect(mailbox.received.map((one) => one.path).toSorted()).toEqual(["/hook/1", "/hook/2", "/hook/2"]);
  expect((await ledgerOf(role)).filter((row) => row.incidentId === "inc_2").map((row) => row.channelId).toSorted()).toEqual([first, second]);
  await role.stop();
});

test("nobody to tell is one row that says so", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  await role.take(incidentEvent());
  expect(await ledgerOf(role)).toMatchObject([{ state: "skipped", reason: "no_channel", channelId: "" }]);
  await role.stop();
});

test("a consequence of another outage is recorded and not paged, however often it opens; its end is", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  await addChannel(role, "webhook", { url: mailbox.url });
  await role.take(incidentEvent({ suppressedBy: "inc_0" }));
  await role.take(incidentEvent({ suppressedBy: "inc_0", type: "incident.resolved", sequence: 2 }));
  await role.take(incidentEvent({ suppressedBy: "inc_0", type: "incident.reopened", sequence: 3 }));
  await role.idle();
  expect(mailbox.received.map((one) => one.json!.type)).toEqual(["incident.resolved"]);
  expect((await ledgerOf(role)).map((row) => `${row.eventType} ${row.state} ${row.reason}`)).toEqual([
    "incident.reopened skipped suppressed_by_dependency",
    "incident.resolved sent delivered",
    "incident.opened skipped suppressed_by_dependency",
  ]);
  await role.stop();
});

test("more messages than slots all arrive", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  await addChannel(role, "webhook", { url: mailbox.url });
  await role.take(...Array.from({ length: 100 }, (_, n) => incidentEvent({ incidentId: `inc_${n}` })));
  await role.idle();
  expect(new Set(mailbox.received.map((one) => one.json!.data.incident!.id)).size).toBe(100);
  expect(mailbox.received.length).toBe(100);
  await role.stop();
});

test("a tenant whose receivers all hang does not hold up another", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  await addChannel(role, "webhook", { url: mailbox.url });
  await addChannel(role, "webhook", { url: `${mailbox.url}/other` }, "ten_2");
  mailbox.respondWith(...Array.from({ length: 200 }, () => "hang" as const));
  for (let n = 0; n < 5; n++) await role.take(...Array.from({ length: 20 }, (_, m) => incidentEvent({ incidentId: `inc_${n}_${m}` })));
  await role.take(incidentEvent({ tenantId: "ten_2" }));
  await mailbox.waitFor(17);
  while (!mailbox.received.some((one) => one.path === "/hook/other")) await role.clock.advance(0);
  expect(mailbox.received.length).toBeLessThan(32);
  const stopped = role.stop();
  await role.clock.advance(15_000);
  await stopped;
});

test("two tenants do not see, use or hear of each other", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const own = await addChannel(role, "webhook", { url: `${mailbox.url}/own` });
  await addChannel(role, "webhook", { url: `${mailbox.url}/other` }, "ten_2");
  const stranger = callAs("owner", "ten_2");

  await role.take(incidentEvent({ tenantId: "ten_1" }), incidentEvent({ tenantId: "ten_2", channels: [own] }));
  await role.idle();
  expect(mailbox.received.map((one) => one.path)).toEqual(["/hook/own"]);
  expect(await ledgerOf(role, "ten_2")).toMatchObject([{ state: "skipped", reason: "channel_deleted", channelName: "" }]);

  const [message] = await ledgerOf(role);
  const refused = [
    () => role.api.getChannel({ id: own } as never, stranger),
    () => role.api.updateChannel({ id: own, version: 1, patch: { name: "Mine" } } as never, stranger),
    () => role.api.deleteChannel({ id: own } as never, stranger),
    () => role.api.testChannel({ id: own } as never, stranger),
    () => role.api.retryNotification({ id: message!.id } as never, stranger),
    () => role.api.sendNotification(create(SendNotificationRequestSchema, { channelIds: [own], subject: "s", text: "t" }), stranger),
  ];
  for (const call of refused) expect(await refusalOf(call())).toMatchObject({ code: "not_found" });
  await role.stop();
});

test("with a second tenant a private address is refused, at save and at delivery, and the refusal names the cure", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const alone = await startRole(temp.store);
  await addChannel(alone, "webhook", { url: mailbox.url });
  await addChannel(alone, "webhook", { url: mailbox.url.replace("127.0.0.1", "localhost") });
  await alone.stop();

  const role = await startRole(temp.store, { tenants: 2 });
  expect(await refusalOf(addChannel(role, "webhook", { url: mailbox.url }))).toMatchObject({ fields: [{ pointer: "/settings/url", message: expect.stringContaining("egress-allow") }] });
  await role.take(incidentEvent());
  await role.idle();
  expect(mailbox.received.length).toBe(0);
  for (const row of await ledgerOf(role)) {
    expect(row).toMatchObject({ state: "dead", reason: "refused_by_egress", lastError: expect.stringContaining("egress-allow") });
  }
  await role.stop();

  const opened = await startRole(temp.store, { tenants: 2, rules: { allow: ["127.0.0.0/8", "::1/128"] } });
  await opened.take(incidentEvent({ incidentId: "inc_2" }));
  await opened.idle();
  expect(mailbox.received.length).toBe(2);
  await opened.stop();
});

test("every spelling of a metadata address is refused when it is written", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  for (const host of ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[fe80::1]"]) {
    expect(await refusalOf(addChannel(role, "webhook", { url: `http://${host}/latest/meta-data` }))).toMatchObject({ fields: [{ pointer: "/settings/url" }] });
  }
  expect(await refusalOf(addChannel(role, "telegram", { botToken: "1:a", chatId: "1", apiUrl: "http://169.254.169.254" }))).toMatchObject({ fields: [{ pointer: "/settings/apiUrl" }] });
  expect(await refusalOf(addChannel(role, "email", { host: "169.254.169.254", from: "a@b.c", to: ["a@b.c"] }))).toMatchObject({ fields: [{ pointer: "/settings/host" }] });
  await role.stop();
});

test("a message of one's own goes to the channels named, and watchers see each state of it", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "webhook", { url: mailbox.url });
  const ended = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const row of role.api.watchNotifications({} as never, withSignal(callAs("viewer"), ended.signal))) seen.push(`${row.eventType} ${row.state}`);
  })();
  const strangers: string[] = [];
  const elsewhere = (async () => {
    for await (const row of role.api.watchNotifications({} as never, withSignal(callAs("viewer", "ten_2"), ended.signal))) strangers.push(row.id!);
  })();

  const { notificationIds } = await role.api.sendNotification(create(SendNotificationRequestSchema, { channelIds: [id], subject: "Moving day", text: "at noon" }), editor);
  await role.idle();
  expect(mailbox.received[0]!.headers["webhook-id"]).toBe(notificationIds![0]!);
  expect(mailbox.received[0]!.json).toMatchObject({ type: "message", data: { message: { subject: "Moving day", text: "at noon" } } });
  ended.abort();
  await Promise.all([watching, elsewhere]);
  expect(seen).toEqual(["message sending", "message sent"]);
  expect(strangers).toEqual([]);
  await role.stop();
});

test("a viewer reads and does nothing else", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const viewer = callAs("viewer");
  const acts = [
    () => role.api.registerChannel({ channel: {} } as never, viewer),
    () => role.api.updateChannel({ id: "x", patch: {}, version: 1 } as never, viewer),
    () => role.api.deleteChannel({ id: "x" } as never, viewer),
    () => role.api.testChannel({ id: "x" } as never, viewer),
    () => role.api.sendNotification({ channelIds: [], subject: "s", text: "t" } as never, viewer),
    () => role.api.retryNotification({ id: "x" } as never, viewer),
  ];
  for (const act of acts) expect(await refusalOf(act())).toMatchObject({ code: "forbidden" });
  expect(await role.api.listChannels({ limit: 0, cursor: "" } as never, viewer)).toEqual({ items: [], nextCursor: "" });
  await role.stop();
});

test("a network granted to one tenant is open to its channels only", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const rules = { grants: { ten_1: ["127.0.0.0/8"] } };
  const role = await startRole(temp.store, { tenants: 2, rules });
  await addChannel(role, "webhook", { url: mailbox.url });
  const [problem] = (await refusalOf(role.api.registerChannel({ channel: { type: "webhook", name: "Theirs", settings: { url: mailbox.url } } } as never, callAs("owner", "ten_2")))).fields;
  expect(problem!.message).toMatch(/^127\.0\.0\.1 is a private address: .* with egress-grants ten_2=127\.0\.0\.1\/32$/);
  await role.take(incidentEvent());
  await role.idle();
  expect(mailbox.received.length).toBe(1);
  await role.stop();

  const closed = await startRole(temp.store, { tenants: 2, rules: { ...rules, deny: ["127.0.0.1"] } });
  await closed.take(incidentEvent({ incidentId: "inc_2" }));
  await closed.idle();
  expect((await ledgerOf(closed)).map(({ state, lastError }) => [state, lastError])).toContainEqual(["dead", "127.0.0.1 is closed by the operator's egress-deny"]);
  await closed.stop();
});
