import { below } from "../address.ts";
import { list, template, text, url } from "../fields.ts";
import { provider } from "../provider.ts";

const recipient = text("Recipient", "a phone number such as +15551234567, or a group such as group.abc…", { max: 200, pattern: /^(\+[1-9]\d{5,14}|group\.[A-Za-z0-9+/=_-]+)$/ });

export const signal = provider({
  title: "Signal",
  group: "chat",
  docs: "https://bbernhard.github.io/signal-cli-rest-api/#/Messages/post_v2_send",
  machine: false,
  fields: {
    url: url("Gateway", "the http or https URL of a signal-cli-rest-api", { example: "http://signal.example:8080" }),
    number: text("From", "a phone number in E.164, such as +15551234567", { pattern: /^\+[1-9]\d{5,14}$/, example: "+15551234567" }),
    recipients: list("To", "a list of 1 to 50 phone numbers or groups", recipient, { example: "+15551234567" }),
    template,
  },
  escape: "plain",
  text: "long",
  longest: { text: 2_000 },
  request: (told, { url: gateway, number, recipients }) => ({ url: below(gateway, "/v2/send"), json: { message: told.text, number, recipients } }),
});
