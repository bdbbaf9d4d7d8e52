import { basic, below } from "../address.ts";
import { secret, template, text, url, withInitial } from "../fields.ts";
import { provider } from "../provider.ts";

export const zulip = provider({
  title: "Zulip",
  group: "chat",
  docs: "https://zulip.com/api/send-message",
  machine: false,
  fields: {
    url: url("Organization URL", "the http or https URL of a Zulip organization", { example: "https://example.zulipchat.com" }),
    email: text("Bot's e-mail", "the e-mail address of a bot", { max: 254, pattern: /^[^\s:@]+@[^\s:@]+$/, example: "uptime-bot@example.zulipchat.com" }),
    apiKey: secret("API key", "the API key of the bot"),
    channel: text("Channel", "the name of a channel of at most 60 characters", { max: 60, example: "ops" }),
    topic: withInitial(text("Topic", "a topic of at most 60 characters", { max: 60 }), "uptime"),
    template,
  },
  escape: "markdown",
  text: "markdown",
  longest: { text: 9_990 },
  request: (told, { url: organization, email, apiKey, channel, topic }) => ({
    url: below(organization, "/api/v1/messages"),
    headers: basic(email, apiKey),
    form: { type: "stream", to: channel, topic, content: told.text },
  }),
  reads({ status, json }) {
    if (json["code"] === "RATE_LIMIT_HIT") return { afterSeconds: typeof json["retry-after"] === "number" ? json["retry-after"] : undefined };
    return status === 200 && json["result"] === "error" ? "refused" : undefined;
  },
});
