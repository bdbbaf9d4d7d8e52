import { createHash } from "node:crypto";
import { bearer, below } from "../address.ts";
import { apiUrl, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const line = provider({
  title: "LINE",
  group: "chat",
  docs: "https://developers.line.biz/en/reference/messaging-api/#send-push-message",
  machine: false,
  fields: {
    channelToken: secret("Channel access token", "a long-lived channel access token"),
    to: text("To", "the id of a user, group or room, such as U4af4980629…", { max: 64, pattern: /^[UCR][0-9a-f]{32}$/, example: "U4af4980629…" }),
    apiUrl: apiUrl("https://api.line.me"),
    template,
  },
  escape: "plain",
  text: "long",
  longest: { text: 5_000 },
  request: (told, { channelToken, to, apiUrl: base = "https://api.line.me" }) => ({
    url: below(base, "/v2/bot/message/push"),
    headers: { ...bearer(channelToken), "x-line-retry-key": uuidOf(told.id) },
    json: { to, messages: [{ type: "text", text: told.text }] },
  }),
  // The retry key was seen: LINE has the message.
  reads: ({ status }) => (status === 409 ? "delivered" : undefined),
});

/** The same for the same message, in the shape that LINE wants. */
function uuidOf(id: string): string {
  const hex = createHash("sha256").update(id).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
