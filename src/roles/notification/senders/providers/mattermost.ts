import { optional, secretUrl, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const mattermost = provider({
  title: "Mattermost",
  group: "chat",
  docs: "https://developers.mattermost.com/integrate/webhooks/incoming/",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "an incoming webhook URL such as https://mattermost.example/hooks/…", { example: "https://mattermost.example/hooks/…" }),
    channel: optional(text("Channel", "a channel's name such as town-square, or @user", { max: 64, pattern: /^@?[A-Za-z0-9._-]+$/, more: true, help: "Empty: the webhook's own" })),
    username: optional(text("Shown as", "a name of 1 to 64 characters", { max: 64, more: true, example: "UptimePing" })),
    template,
  },
  escape: "markdown",
  text: "markdown",
  longest: { text: 16_383 },
  request: (told, { url, channel, username }) => ({ url, json: { text: told.text, channel, username } }),
});
