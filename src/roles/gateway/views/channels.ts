import type { Channel, Template } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { jsonObject, parsedOrNull, time } from "./shared.ts";

const document = {
  type: z.string().meta({ description: "webhook, email, slack, telegram or sms" }),
  name: z.string(),
  enabled: z.boolean(),
  settings: jsonObject.meta({ description: 'by type; secret values read "***"' }),
};

export const channelShape = z
  .strictObject({ id: z.string(), ...document, version: z.number(), createdAt: time, updatedAt: time })
  .meta({ id: "Channel" });

/** What a person writes. Notification checks it in full; this is the outline for the documentation. */
export const channelInput = z.strictObject(document).partial({ enabled: true }).meta({ id: "ChannelInput" });

export const channelPatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }) })
  .partial()
  .meta({ id: "ChannelPatch", description: "JSON merge patch (RFC 7396)" });

export const templateShape = z.strictObject({ name: z.string(), text: z.string(), sample: z.unknown() }).meta({ id: "MessageTemplate" });

export function channelView({ id, type, name, enabled, settings, version, createdAtMs, updatedAtMs }: Channel) {
  return { id, type, name, enabled, settings: settings ?? {}, version, createdAt: iso(createdAtMs), updatedAt: iso(updatedAtMs) };
}

export function templateView({ name, text, sampleJson }: Template) {
  return { name, text, sample: parsedOrNull(sampleJson) };
}
