import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { ListNotificationsRequestSchema } from "#contracts/uptimeping/notification/v1/notification_pb";
import { type Mailbox, startMailbox } from "../../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, refusalOf, type RoleUnderTest, startRole } from "../../../testing/notification_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";
import type { SqliteStore } from "../../../adapters/sqlite/connection.ts";
import { defaultTemplates, templateNames } from "./defaults.ts";
import { sampleEvents } from "./sample.ts";
import { fullNameOf } from "./texts.ts";
import { problemIn } from "./trial.ts";

async function inScene(play: (role: RoleUnderTest, mailbox: Mailbox, store: SqliteStore) => Promise<void>): Promise<void> {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  await play(role, mailbox, temp.store);
  await role.stop();
}

const set = (role: RoleUnderTest, name: string, text: string, tenantId = "ten_1") => role.api.setTemplate({ name, text } as never, callAs("editor", tenantId));
const reset = (role: RoleUnderTest, name: string) => role.api.resetTemplate({ name } as never, callAs("editor"));
const listed = async (role: RoleUnderTest, tenantId = "ten_1") => (await role.api.listTemplates({} as never, callAs("viewer", tenantId))).items!;
const preview = async (role: RoleUnderTest, wish: object) => (await role.api.previewTemplate({ channelType: "", name: "", event: "", locale: "", text: "", ...wish } as never, callAs("viewer"))).rendered;
const slackTexts = ({ received }: Mailbox) => received.map(({ json }) => (json as unknown as { text: string }).text);

/** A Slack channel whose messages are read back from the mailbox; gives its id. */
async function addSlack(role: RoleUnderTest, mailbox: Mailbox, change: object = {}, settings: object = {}): Promise<string> {
  const channel = await role.api.registerChannel({ channel: { type: "slack", name: "Ops", settings: { url: `${new URL(mailbox.url).origin}/hook`, ...settings }, ...change } } as never, callAs("editor"));
  return channel.id!;
}

test("a channel's own template wins over the tenant's, the tenant's over the shipped one, a language over all", () =>
  inScene(async (role, mailbox) => {
    const ids = [await addSlack(role, mailbox), await addSlack(role, mailbox, { locale: "ru" }), await addSlack(role, mailbox, {}, { template: "own" })];
    const tell = async () => {
      const before = mailbox.received.length;
      for (const id of ids) await role.api.testChannel({ id } as never, callAs("editor"));
      return slackTexts(mailbox).slice(before).map((text) => text.split("\n")[0]);
    };
    const title = "Test from UptimePing";
    expect(await tell()).toEqual([`*${title}*`, `*${title}*`, "own"]);
    await set(role, "slack", "tenant: {{title}}");
    expect(await tell()).toEqual([`tenant: ${title}`, `tenant: ${title}`, "own"]);
    await set(role, "slack.ru", "по-русски: {{title}}");
    expect(await tell()).toEqual([`tenant: ${title}`, `по-русски: ${title}`, "own"]);
    await role.take(incidentEvent());
    await role.idle();
    expect(slackTexts(mailbox).slice(-3).toSorted()).toEqual(["own", "tenant: Shop is down", "по-русски: Shop: не работает"]);
    await reset(role, "slack");
    expect(await tell()).toEqual([`*${title}*`, `по-русски: ${title}`, "own"]);
    await reset(role, "slack.ru");
    expect(await tell()).toEqual([`*${title}*`, `*${title}*`, "own"]);
  }));

test("e-mails, webhooks and titles that stand apart say the tenant's texts too", () =>
  inScene(async (role, mailbox) => {
    const base = new URL(mailbox.url).origin;
    await addChannel(role, "email", { host: "127.0.0.1", port: mailbox.smtpPort, from: "up@b.example", to: ["one@b.example"] });
    await addChannel(role, "webhook", { url: mailbox.url });
    await addChannel(role, "gotify", { url: base, appToken: "t" });
    await set(role, "email.subject", "[ops]\n{{title}}");
    await set(role, "email", "MAIL {{title}}");
    await set(role, "webhook", '{"said":"{{title}}"}');
    await set(role, "title", "T {{title}}");
    await set(role, "body", "B {{title}}");
    await role.take(incidentEvent());
    await role.idle();
    expect(mailbox.mails[0]!.header("Subject")).toBe("[ops] Shop is down");
    expect(mailbox.mails[0]!.text).toContain("MAIL Shop is down");
    const bodies = mailbox.received.map(({ json }) => json as unknown as Record<string, unknown>);
    expect(bodies).toContainEqual({ said: "Shop is down" });
    expect(bodies).toContainEqual(expect.objectContaining({ title: "T Shop is down", message: "B Shop is down" }));
  }));

test("a tenant sees and says its own texts alone", () =>
  inScene(async (role, mailbox) => {
    await addSlack(role, mailbox);
    await set(role, "slack", "theirs", "ten_2");
    await role.take(incidentEvent());
    await role.idle();
    expect(slackTexts(mailbox)[0]).toStartWith("*Shop is down*");
    const ofBoth = await Promise.all(["ten_1", "ten_2"].map(async (tenantId) => (await listed(role, tenantId)).find(({ name }) => name === "slack")));
    expect(ofBoth).toMatchObject([
      { text: defaultTemplates.slack, isOverridden: false, updatedAtMs: 0 },
      { text: "theirs", shippedText: defaultTemplates.slack, isOverridden: true, updatedBy: "usr_1", channelTypes: ["slack", "rocketchat", "google_chat"] },
    ]);
  }));

test("the list holds every name, and a language that has a text of its own", () =>
  inScene(async (role) => {
    await set(role, "email.subject.ru", "Сбой: {{title}}");
    const names = (await listed(role)).map(({ name }) => name!);
    expect(names.filter((name) => name !== "email.subject.ru")).toEqual(templateNames);
    expect(names).toContain("email.subject.ru");
  }));

test("a text that fails on any kind of event is refused with its line, and nothing is kept", () =>
  inScene(async (role) => {
    const cases: [text: string, message: string | RegExp][] = [
      ["one\n{{> x}}", "line 2: partials and decorators are not allowed"],
      ["{{#if a}}{{#if b}}{{#if c}}{{#if d}}x{{/if}}{{/if}}{{/if}}{{/if}}", "line 1: blocks are more than 3 deep"],
      ["{{title}}\n{{#if group}}\n{{/if}}\n{{title", /^line \d: cannot be read/],
      ["{{#if incident}}{{title}}{{/if}}", /^line 1: the text is empty .*\("incidents.grouped" in "en"\)$/],
      [" \n", /^line 1: the text is empty .*\("incident.opened" in "en"\)$/],
      [`x\n${"{{#if group}}{{json this}}{{/if}}".repeat(40)}`, /^line 2: the output is larger than 65536 characters \("incidents.grouped" in "en"\)$/],
      ["x".repeat(16_385), /at most 16384/],
    ];
    for (const [text, message] of cases) {
      const { code, fields } = await refusalOf(set(role, "long", text) as Promise<unknown>);
      expect({ code, fields }).toEqual({ code: "invalid_argument", fields: [{ pointer: "/text", message: typeof message === "string" ? message : expect.stringMatching(message) }] });
    }
    expect((await listed(role)).some(({ isOverridden }) => isOverridden)).toBe(false);
    expect(await refusalOf(set(role, "slak", "x") as Promise<unknown>)).toMatchObject({ code: "not_found", message: expect.stringContaining('no template "slak": one of title, body') });
    expect(await refusalOf(reset(role, "slack.de") as Promise<unknown>)).toMatchObject({ code: "not_found" });
  }));

test("every shipped text passes the trial that a tenant's must pass", () => {
  for (const name of templateNames.filter((one) => one !== "webhook")) expect([name, problemIn(defaultTemplates[name], fullNameOf(name)!)]).toEqual([name, undefined]);
});

test("a text that fails on a real message does not keep it from being told", () =>
  inScene(async (role, mailbox, store) => {
    await addSlack(role, mailbox);
    // As one that an older version took.
    await store.write((tx) => tx.run("INSERT INTO notification_templates VALUES ('ten_1', 'slack', '{{> x}}', 1, 'usr_1')"));
    await role.take(incidentEvent());
    await role.idle();
    expect(slackTexts(mailbox)[0]).toStartWith("*Shop is down*");
    expect((await role.api.listNotifications(create(ListNotificationsRequestSchema), callAs("viewer"))).items).toMatchObject([{ state: "sent" }]);
  }));

test("a preview is of any kind of event, in any language, in the notation of its channel", () =>
  inScene(async (role) => {
    expect(await preview(role, { channelType: "slack", text: "{{title}}" })).toBe("Shop is down");
    expect(await preview(role, { name: "slack.ru", text: "{{title}}", event: "incident.resolved" })).toBe("Shop: снова работает");
    expect(await preview(role, { name: "slack.ru", text: "{{title}}", locale: "en", event: "digest" })).toBe("Digest: 2 incidents");
    expect(await preview(role, { name: "webhook", text: '{{incident.checkName}} {{json check.tags}}' })).toBe('Shop {"env":"prod"}');
    for (const event of sampleEvents) expect(await preview(role, { name: "long", text: "{{title}}", event })).not.toBe("");
    const refused = [
      [{ name: "slak" }, "/name"],
      [{ channelType: "slak" }, "/channelType"],
      [{}, "/channelType"],
      [{ name: "slack", event: "incident.closed" }, "/event"],
      [{ name: "slack", locale: "de" }, "/locale"],
      [{ name: "slack", text: "{{{x}}}" }, "/text"],
    ] as const;
    for (const [wish, pointer] of refused) expect((await refusalOf(preview(role, wish))).fields?.[0]?.pointer).toBe(pointer);
  }));

test("viewers look, editors change", () =>
  inScene(async (role) => {
    expect(await refusalOf(role.api.setTemplate({ name: "slack", text: "x" } as never, callAs("viewer")) as Promise<unknown>)).toMatchObject({ code: "forbidden" });
    expect(await refusalOf(role.api.resetTemplate({ name: "slack" } as never, callAs("viewer")) as Promise<unknown>)).toMatchObject({ code: "forbidden" });
  }));
