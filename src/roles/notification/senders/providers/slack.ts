import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

export const slack = provider({
  title: "Slack",
  group: "chat",
  docs: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "an incoming webhook URL such as https://hooks.slack.com/services/…", { example: "https://hooks.slack.com/services/…" }),
    template,
  },
  escape: "slack",
  text: "slack",
  // Slack cuts a message at 40 000 characters.
  longest: { text: 39_000 },
  request: (told, { url }) => ({ url, json: { text: told.text } }),
  // The webhook answers "ok"; the Web API's way of saying no is 200 and `"ok": false`.
  reads: ({ json }) => (json["ok"] === false ? "refused" : undefined),
});
