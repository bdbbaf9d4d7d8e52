import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UpdateChannelRequestSchema } from "#contracts/uptimeping/notification/v1/notification_pb";
import { channelTypes } from "#ports/channels";
import { startMailbox } from "../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, refusalOf, type RoleUnderTest, startRole } from "../../testing/notification_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { documented } from "./senders/test_documented.ts";

const editor = callAs("editor");
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const url = "http://127.0.0.1:9/hook";

async function problemsOf(work: Promise<unknown>): Promise<[string, string][]> {
  const error = await refusalOf(work);
  expect(error.code).toBe("invalid_argument");
  return error.fields.map((field) => [field.pointer, field.message]);
}

const register = (role: RoleUnderTest, channel: object) => role.api.registerChannel({ channel } as never, editor);
const update = (role: RoleUnderTest, id: string, version: number, patch: object) =>
  role.api.updateChannel(create(UpdateChannelRequestSchema, { id, version, patch: patch as never }), editor);

const webhook = (settings: object) => ({ type: "webhook", name: "Hook", settings });
const mail = { host: "mail.example", from: "a@b.example", to: ["ops@b.example"] };
const urlWanted = "an http or https URL without a user in it, such as https://example.com/hook";

const bad: [document: object, ...problems: [pointer: string, message: string][]][] = [
  [{}, ["/type", `missing: one of ${channelTypes.join(", ")}`]],
  [{ type: "pager" }, ["/type", `"pager" is not right: one of ${channelTypes.join(", ")}`]],
  [{ type: "webhook", name: "", settings: { url } }, ["/name", '"" is not right: a name of 1 to 100 characters']],
  [{ type: "webhook", name: "A\nB", settings: { url } }, ["/name", '"A\\nB" is not right: a name of 1 to 100 characters']],
  [{ type: "webhook", name: "A", enabled: "yes", settings: { url } }, ["/enabled", '"yes" is not right: true or false']],
  [{ type: "webhook", name: "A", settings: { url }, colour: "red" }, ["/colour", 'unknown field "colour"']],
  [webhook({}), ["/settings/url", `missing: ${urlWanted}`]],
  [webhook({ url: "ftp://x/y" }), ["/settings/url", `"ftp://x/y" is not right: ${urlWanted}`]],
  [webhook({ url: "javascript:alert(1)" }), ["/settings/url", `"javascript:alert(1)" is not right: ${urlWanted}`]],
  [webhook({ url: "https://me:pw@x/y" }), ["/settings/url", `not right: ${urlWanted}`]],
  [webhook({ url: { toString: "x" } }), ["/settings/url", `{"toString":"x"} is not right: ${urlWanted}`]],
  [webhook({ url: { of: "https://me:pw@x/y" } }), ["/settings/url", `not right: ${urlWanted}`]],
  [webhook({ url, verify: false }), ["/settings/verify", 'unknown field "verify"']],
  [webhook({ url, secret: "whsec_c2hvcnQ=" }), ["/settings/secret", 'not right: one secret, or several separated by a space while they rotate, each "whsec_" and 24 to 64 bytes in base64 (or "whsk_" and an ed25519 key)']],
  [webhook({ url, headers: { "X A": "1" } }), ["/settings/headers/X A", '"X A" is not a header name: letters, digits and "-"']],
  [webhook({ url, headers: { "X-A": "1\r\nX-B: 2" } }), ["/settings/headers/X-A", "not right: a header value is one line of at most 4000 Latin-1 characters"]],
  [webhook({ url, headers: { Host: "other" } }), ["/settings/headers/Host", '"Host" is set by the sender: leave it out']],
  [webhook({ url, headers: { "webhook-id": "1" } }), ["/settings/headers/webhook-id", '"webhook-id" is set by the sender: leave it out']],
  [webhook({ url, template: "{{> x}}" }), ["/settings/template", "line 1: partials and decorators are not allowed"]],
  [webhook({ url, secret: "***" }), ["/settings/secret", '"***" stands for a stored value, and there is none here: write the value']],
  [
    { type: "email", name: "Mail", settings: { ...mail, port: 0, from: "nobody", to: [] } },
    ["/settings/port", "0 is not right: a port from 1 to 65535"],
    ["/settings/from", '"nobody" is not right: an e-mail address such as ops@example.com, or Name <ops@example.com>'],
    ["/settings/to", "[] is not right: a list of 1 to 50 e-mail addresses"],
  ],
  [
    { type: "email", name: "Mail", settings: { ...mail, to: ["a@b.example\r\nBcc: c@d.example"] } },
    ["/settings/to/0", '"a@b.example\\r\\nBcc: c@d.example" is not right: an e-mail address such as ops@example.com, or Name <ops@example.com>'],
  ],
  [
    { type: "email", name: "Mail", settings: { ...mail, to: ["a@b.example, c@d.example"] } },
    ["/settings/to/0", '"a@b.example, c@d.example" is not right: an e-mail address such as ops@example.com, or Name <ops@example.com>'],
  ],
  [{ type: "slack", name: "S", settings: { url: "T0/B0/secret" } }, ["/settings/url", "not right: an incoming webhook URL such as https://hooks.slack.com/services/…"]],
  [
    { type: "telegram", name: "T", settings: { botToken: "1/../x", chatId: "my chat" } },
    ["/settings/botToken", "not right: a bot token such as 123456:ABC…"],
    ["/settings/chatId", '"my chat" is not right: a chat id such as -1001234567890, or a channel name such as @ops'],
  ],
  [
    { type: "sms", name: "S", settings: { accountSid: "AC1/..", authToken: "t", from: "+15550000000", to: ["555"] } },
    ["/settings/accountSid", '"AC1/.." is not right: an account SID such as AC0123…'],
    ["/settings/to/0", '"555" is not right: a phone number in E.164, such as +15551234567'],
  ],
];

test("bad documents are refused with every problem, where it is and what would be right, and nothing is stored", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  for (const [document, ...problems] of bad) expect(await problemsOf(register(role, document))).toEqual(problems);
  expect((await role.api.listChannels({ limit: 0, cursor: "" } as never, editor)).items).toEqual([]);
  await role.stop();
});

test("secrets read as ***, and *** written back keeps them", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox({ secret });
  const role = await startRole(temp.store);
  const id = await addChannel(role, "webhook", { url: mailbox.url, secret, headers: { Authorization: "Bearer t0ken", "X-Team": "shop" } });
  const shown = await role.api.getChannel({ id } as never, editor);
  expect(shown.settings).toEqual({ url: mailbox.url, secret: "***", headers: { Authorization: "***", "X-Team": "shop" } });

  const changed = await update(role, id, 1, { name: "New", settings: { ...shown.settings, headers: { Authorization: "***", "X-Team": "web" } } });
  expect(changed).toMatchObject({ name: "New", version: 2, settings: { secret: "***", headers: { Authorization: "***", "X-Team": "web" } } });
  await role.take(incidentEvent());
  await mailbox.waitFor(1);
  expect(mailbox.received[0]).toMatchObject({ verified: true, headers: { authorization: "Bearer t0ken", "x-team": "web" } });
  await role.stop();
});

test("each type hides its own secret", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const documents = {
    email: { host: "mail.example", user: "u", password: "pw-7", from: "a@b.example", to: ["a@b.example"] },
    slack: { url: "https://hooks.slack.com/services/T0/B0/slack-7" },
    telegram: { botToken: "123:token-7", chatId: "@ops" },
    sms: { accountSid: "AC1", authToken: "auth-7", from: "+15550000000", to: ["+15551111111"] },
  };
  const shown: Record<string, unknown> = {};
  for (const [type, settings] of Object.entries(documents)) {
    const { id } = await register(role, { type, name: type, settings });
    shown[type] = (await role.api.getChannel({ id } as never, editor)).settings;
    expect((await update(role, id!, 1, { settings: shown[type] })).settings).toEqual(shown[type] as never);
  }
  expect(shown).toMatchObject({ email: { password: "***" }, slack: { url: "https://hooks.slack.com/***" }, telegram: { botToken: "***" }, sms: { authToken: "***" } });
  await role.stop();
});

test("no secret lies readable in the files of the database", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  await addChannel(role, "webhook", { url, secret, headers: { authorization: "Bearer t0ken-in-header" } });
  await addChannel(role, "telegram", { botToken: "123:t0ken-of-bot", chatId: "@ops" });
  await role.stop();
  const bytes = readdirSync(temp.dir).map((name) => readFileSync(join(temp.dir, name), "latin1")).join("");
  expect(bytes).toContain("telegram");
  for (const plain of [secret, "t0ken-in-header", "t0ken-of-bot"]) expect(bytes).not.toContain(plain);
});

test("a secret does not follow to a destination that somebody else wrote", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "telegram", { botToken: "123:abc", chatId: "@ops" });
  expect(await problemsOf(update(role, id, 1, { settings: { apiUrl: "https://thief.example" } }))).toMatchObject([["/settings/botToken", expect.stringContaining("write this secret again")]]);
  expect(await update(role, id, 1, { settings: { apiUrl: "https://own.example", botToken: "123:abc" } })).toMatchObject({ version: 2 });
  // A signing secret is not sent, so a webhook may move with it.
  const hook = await addChannel(role, "webhook", { url, secret });
  expect(await update(role, hook, 1, { settings: { url: "https://new.example/" } })).toMatchObject({ version: 2 });
  await role.stop();
});

test("no secret of any provider follows to another server", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  for (const [type, { settings }] of Object.entries(documented)) {
    const id = await addChannel(role, type, settings("https://own.example"));
    const { fields } = (await role.api.listProviders({} as never, editor)).items!.find((one) => one.type === type)!;
    const elsewhere = Object.fromEntries(fields!.filter((field) => field.destination).map(({ name }) => [name, settings("https://thief.example")[name!] ?? "https://thief.example"]));
    const sent = fields!.filter((field) => field.secret && !field.destination && field.label !== "Signing secret" && settings("")[field.name!] !== undefined).map((field) => `/settings/${field.name}`);
    const change = update(role, id, 1, { settings: elsewhere });
    if (sent.length === 0 && settings("")["headers"] === undefined) expect({ type, version: (await change).version }).toEqual({ type, version: 2 });
    else expect((await problemsOf(change)).map(([pointer]) => pointer)).toEqual(expect.arrayContaining(sent));
  }
  await role.stop();
});

test("an address that the operator closed is refused when it is written, whatever the provider", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store, { rules: { deny: ["127.0.0.0/8"] } });
  for (const [type, { settings }] of Object.entries(documented)) {
    const written = settings("http://127.0.0.1:9");
    const urls = Object.keys(written).filter((name) => String(written[name]).startsWith("http://127.0.0.1:9"));
    expect((await problemsOf(register(role, { type, name: type, settings: written }))).map(([pointer]) => pointer)).toEqual(urls.map((name) => `/settings/${name}`));
  }
  await role.stop();
});

test("a password does not follow when its connection is no longer encrypted", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const settings = { host: "mail.example", user: "u", password: "pw-7", from: "a@b.example", to: ["a@b.example"] };
  for (const encryption of ["secure", "startTls"]) {
    const { id } = await register(role, { type: "email", name: encryption, settings: { ...settings, [encryption]: true } });
    expect(await problemsOf(update(role, id!, 1, { settings: { [encryption]: false } }))).toMatchObject([["/settings/password", expect.stringContaining("write this secret again")]]);
    expect(await update(role, id!, 1, { settings: { [encryption]: false, password: "pw-7" } })).toMatchObject({ version: 2 });
  }
  await role.stop();
});

test("a change must name the version it saw, and cannot make another type of it", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "webhook", { url, template: "{{title}}" });
  expect(await refusalOf(update(role, id, 7, { name: "X" }))).toMatchObject({ code: "version_conflict" });
  expect(await problemsOf(update(role, id, 1, { type: "slack" }))).toEqual([["/type", 'a channel stays a "webhook": make a new one']]);
  expect((await update(role, id, 1, { settings: { template: null } })).settings).toEqual({ url });
  const [first, second] = await Promise.allSettled([update(role, id, 2, { name: "A" }), update(role, id, 2, { name: "B" })]);
  expect([first!.status, second!.status].toSorted()).toEqual(["fulfilled", "rejected"]);
  await role.stop();
});

test("a test tells what the provider answered", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "webhook", { url: mailbox.url });
  mailbox.respondWith({ status: 200, body: "thanks" }, { status: 403, body: "not\nyou" });
  expect(await role.api.testChannel({ id } as never, editor)).toMatchObject({ ok: true, answer: "status 200 thanks" });
  expect(await role.api.testChannel({ id } as never, editor)).toMatchObject({ ok: false, answer: "status 403 not you" });
  expect(mailbox.received[0]!.json).toMatchObject({ type: "test", data: { message: { text: "This channel works: webhook" } } });
  await role.stop();
});

test("what is not saved is tested as it would be, with the saved secrets and only to their destination", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const base = new URL(mailbox.url).origin;
  const role = await startRole(temp.store);
  const tried = (id: string, channel: object) => role.api.testChannel({ id, channel } as never, editor);
  expect(await tried("", { type: "gotify", name: "New", settings: { url: base, appToken: "t0ken" } })).toMatchObject({ ok: true, answer: "status 200" });
  expect((await role.api.listChannels({ limit: 0, cursor: "" } as never, editor)).items).toEqual([]);
  expect(await problemsOf(tried("", { type: "gotify", name: "New", settings: { url: base } }))).toMatchObject([["/settings/appToken", expect.stringContaining("missing")]]);

  const id = await addChannel(role, "gotify", { url: base, appToken: "t0ken" });
  expect(await tried(id, { settings: { appToken: "***", template: "mine" } })).toMatchObject({ ok: true });
  expect(mailbox.received[1]).toMatchObject({ headers: { "x-gotify-key": "t0ken" }, json: { message: "mine" } });
  expect(await problemsOf(tried(id, { settings: { url: "https://thief.example" } }))).toMatchObject([["/settings/appToken", expect.stringContaining("write this secret again")]]);
  expect(await refusalOf(tried("chn_none", {}))).toMatchObject({ code: "not_found" });
  await role.stop();
});

test("a channel has a language, English unless said", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "webhook", { url });
  expect(await role.api.getChannel({ id } as never, editor)).toMatchObject({ locale: "en" });
  expect(await update(role, id, 1, { locale: "ru" })).toMatchObject({ locale: "ru" });
  expect(await problemsOf(update(role, id, 2, { locale: "xx" }))).toEqual([["/locale", '"xx" is not right: one of en, ru']]);
  await role.stop();
});

test("a receiver that is gone turns its channel off, whatever the provider", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const id = await addChannel(role, "discord", { url: mailbox.url });
  mailbox.respondWith(410);
  await role.take(incidentEvent());
  await role.idle();
  expect(await role.api.getChannel({ id } as never, editor)).toMatchObject({ enabled: false });
  await role.stop();
});

test("pages of channels are followed by their cursor", async () => {
  await using temp = await openTempStore();
  const role = await startRole(temp.store);
  for (let n = 0; n < 3; n++) await addChannel(role, "webhook", { url });
  const first = await role.api.listChannels({ limit: 2, cursor: "" } as never, editor);
  const second = await role.api.listChannels({ limit: 2, cursor: first.nextCursor } as never, editor);
  expect([first.items!.length, second.items!.length, second.nextCursor]).toEqual([2, 1, ""]);
  expect(await problemsOf(role.api.listChannels({ limit: 500, cursor: "" } as never, editor))).toMatchObject([["/limit", expect.any(String)]]);
  await role.stop();
});
