import type { ListTemplatesResponse, Template } from "#contracts/uptimeping/notification/v1/notification_pb";
import { z } from "zod";
import { isoOrNull, parsedOrNull, timeOrNull } from "./shared.ts";

export const templateShape = z
  .strictObject({
    name: z.string().meta({ description: 'such as "slack"; with ".en" or ".ru" at its end for that language alone' }),
    text: z.string().meta({ description: "what is sent: your text, else the shipped one" }),
    shippedText: z.string(),
    isOverridden: z.boolean(),
    channelTypes: z.array(z.string()).meta({ description: "types of channels that say it when they have no template of their own" }),
    sample: z.unknown().meta({ description: "what a template may use" }),
    updatedAt: timeOrNull,
    updatedBy: z.string(),
  })
  .meta({ id: "MessageTemplate" });

export const templatesShape = z.strictObject({
  items: z.array(templateShape),
  formatters: z.array(z.string()).meta({ description: "what may be done to a value, as it is written" }),
  events: z.array(z.string()).meta({ description: "what a preview may be of" }),
  locales: z.array(z.string()),
});

const text = z.string().max(100_000);

export const templateChange = z.strictObject({ text });

export const previewWish = z.strictObject({
  name: z.string().max(100).optional().meta({ description: "a template; or channelType" }),
  channelType: z.string().max(50).optional().meta({ description: "in whose notation values are written" }),
  text,
  event: z.string().max(50).optional().meta({ description: "incident.opened without one" }),
  locale: z.string().max(10).optional().meta({ description: "that of the name, else en" }),
});

export function templateView({ name, text: said, shippedText, isOverridden, channelTypes, sampleJson, updatedAtMs, updatedBy }: Template) {
  return { name, text: said, shippedText, isOverridden, channelTypes, sample: parsedOrNull(sampleJson), updatedAt: isoOrNull(updatedAtMs), updatedBy };
}

export function templatesView({ items, formatters, events, locales }: ListTemplatesResponse) {
  return { items: items.map(templateView), formatters, events, locales };
}
