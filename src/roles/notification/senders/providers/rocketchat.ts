import { optional, secretUrl, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const rocketchat = provider({
  title: "Rocket.Chat",
  group: "chat",
  docs: "https://docs.rocket.chat/docs/create-and-configure-integrations",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "an incoming webhook URL such as https://rocket.example/hooks/…", { example: "https://rocket.example/hooks/…" }),
    channel: optional(text("Channel", "a channel such as #ops, or @user", { max: 64, pattern: /^[#@][A-Za-z0-9._-]+$/, more: true, help: "Empty: the webhook's own" })),
    template,
  },
  escape: "markdown",
  text: "slack",
  longest: { text: 5_000 },
  request: (told, { url, channel }) => ({ url, json: { text: told.text, channel } }),
  reads: ({ json }) => (json["success"] === false ? "refused" : undefined),
});
