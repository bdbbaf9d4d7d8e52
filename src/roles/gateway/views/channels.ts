import type { Channel, Provider, ProviderField } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { jsonObject, parsedOrNull, time } from "./shared.ts";

const document = {
  type: z.string().meta({ description: "webhook, email, slack, …: GET /channels/providers lists them" }),
  name: z.string(),
  locale: z.string().meta({ description: "en or ru: the language of messages" }),
  fallback: z.string().meta({ description: "id of the channel that is told when this one cannot deliver; empty for none" }),
  enabled: z.boolean(),
  settings: jsonObject.meta({ description: 'by type; secret values read "***"' }),
};

export const channelShape = z
  .strictObject({ id: z.string(), ...document, version: z.number(), createdAt: time, updatedAt: time })
  .meta({ id: "Channel" });

/** What a person writes. Notification checks it in full; this is the outline for the documentation. */
export const channelInput = z.strictObject(document).partial({ enabled: true, locale: true, fallback: true }).meta({ id: "ChannelInput" });

export const channelPatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }) })
  .partial()
  .meta({ id: "ChannelPatch", description: "JSON merge patch (RFC 7396)" });

const fieldKinds = ["text", "secret", "url", "number", "choice", "list", "boolean", "headers", "template", "certificates"] as const;
type FieldKind = (typeof fieldKinds)[number];

const providerField = z.strictObject({
  name: z.string().meta({ description: "its name in the settings" }),
  label: z.string(),
  kind: z.enum(fieldKinds),
  required: z.boolean(),
  secret: z.boolean().meta({ description: 'reads "***"' }),
  destination: z.boolean().meta({ description: 'where messages go: when it changes, a secret that reads "***" has to be written again' }),
  right: z.string().meta({ description: "what would be right" }),
  example: z.string(),
  help: z.string(),
  more: z.boolean().meta({ description: "not needed by most" }),
  choices: z.array(z.string()),
  initial: z.unknown().meta({ description: "what is taken when it is not given; null for nothing" }),
});

export const providerShape = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    group: z.string().meta({ description: "chat, push, on-call, sms, issue tracker or generic" }),
    docs: z.string().meta({ description: "where the provider documents what is sent" }),
    machine: z.boolean().meta({ description: "read by a program, not a person" }),
    fields: z.array(providerField),
  })
  .meta({ id: "ChannelProvider" });

export const channelTrial = channelPatch
  .extend({ id: z.string().optional().meta({ description: 'a saved channel, changed as the document says: "***" is its secret' }) })
  .meta({ id: "ChannelTrial" });

export const channelTestShape = z.strictObject({ ok: z.boolean(), answer: z.string(), latencyMs: z.number() }).meta({ id: "ChannelTest" });

export function providerView({ type, title, group, docs, machine, fields }: Provider) {
  return { type, title, group, docs, machine, fields: fields.map(fieldView) };
}

function fieldView({ name, label, kind, required, secret, destination, right, example, help, more, choices, initialJson }: ProviderField) {
  return { name, label, kind: kind as FieldKind, required, secret, destination, right, example, help, more, choices, initial: parsedOrNull(initialJson) };
}

export function channelView({ id, type, name, locale, fallback, enabled, settings, version, createdAtMs, updatedAtMs }: Channel) {
  return { id, type, name, locale, fallback, enabled, settings: settings ?? {}, version, createdAt: iso(createdAtMs), updatedAt: iso(updatedAtMs) };
}
