/** The forms of channels are made from what the server says; here from all it can say. */
import { expect, test } from "bun:test";
import { providerView } from "../src/roles/gateway/views/channels.ts";
import { parseChannel } from "../src/roles/notification/channel_document.ts";
import { shownProviders } from "../src/roles/notification/senders/shown.ts";
import { documented, type ProviderType } from "../src/roles/notification/senders/test_documented.ts";
import { fieldsOfChannel, groupsOf } from "./channel_fields.ts";
import { documentOf, draftOf, emptyDraft } from "./fields.ts";
import type { ChannelProvider, JsonObject } from "./types.ts";

const providers = shownProviders.map((one) => providerView(one as never)) as ChannelProvider[];

test("every provider is in a group with a name, and found by its own", () => {
  const groups = groupsOf(providers, "");
  expect(groups.map(([label]) => label)).toEqual(["Chat and mail", "Push", "On call", "SMS", "Issues", "Anything else"]);
  expect(groups.flatMap(([, members]) => members).length).toBe(providers.length);
  for (const { type, title } of providers) expect(groupsOf(providers, title).flatMap(([, members]) => members.map((one) => one.type))).toContain(type);
  expect(groupsOf(providers, "sms twilio").flatMap(([, members]) => members.map((one) => one.type))).toEqual(["sms"]);
  expect(groupsOf(providers, "carrier pigeon")).toEqual([]);
});

test("a channel that is read into its form and sent back untouched is the same", () => {
  for (const [type, { settings }] of Object.entries(documented)) {
    const fields = fieldsOfChannel(providers.find((one) => one.type === type), []);
    const read = { name: "A", locale: "ru", enabled: false, settings: settings("https://up.example") } as unknown as JsonObject;
    expect(documentOf(fields, draftOf(fields, read), read)).toEqual({ document: read, errors: [] });
  }
});

test("what is typed into an empty form is a document that the server takes", () => {
  for (const [type, { settings }] of Object.entries(documented)) {
    const fields = fieldsOfChannel(providers.find((one) => one.type === type), []);
    const wanted = { name: "A", settings: settings("https://up.example") } as unknown as JsonObject;
    const typed = Object.fromEntries(Object.entries(draftOf(fields, wanted)).filter(([, value]) => value !== "" && value !== false));
    const { document, errors } = documentOf(fields, { ...emptyDraft(fields), ...typed, "/enabled": true }, { settings: {} });
    expect({ type, errors }).toEqual({ type, errors: [] });
    expect(parseChannel({ ...document, type } as never)).toMatchObject({ type: type as ProviderType, name: "A", locale: "en", enabled: true, settings: wanted["settings"] as object });
  }
});

test("a form whose needed fields are empty says so at each of them", () => {
  for (const provider of providers) {
    const fields = fieldsOfChannel(provider, []);
    const { errors } = documentOf(fields, emptyDraft(fields), { settings: {} });
    const needed = provider.fields.filter(({ required }) => required).map(({ name }) => `/settings/${name}`);
    expect(errors.map(({ pointer }) => pointer)).toEqual(["/name", ...needed]);
  }
});
