import { optional, secretUrl, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const discord = provider({
  title: "Discord",
  group: "chat",
  docs: "https://discord.com/developers/docs/resources/webhook#execute-webhook",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "a webhook URL such as https://discord.com/api/webhooks/…", { example: "https://discord.com/api/webhooks/…" }),
    username: optional(text("Shown as", "a name of 1 to 80 characters", { max: 80, more: true, example: "UptimePing" })),
    template,
  },
  escape: "markdown",
  text: "markdown",
  longest: { text: 2_000 },
  request: (told, { url, username }) => ({
    url,
    // Nobody is pinged, whatever stands in a name or an error.
    json: { content: told.text, allowed_mentions: { parse: [] }, username },
  }),
  reads: ({ status, json }) => (status === 429 && typeof json["retry_after"] === "number" ? { afterSeconds: json["retry_after"] } : undefined),
});
