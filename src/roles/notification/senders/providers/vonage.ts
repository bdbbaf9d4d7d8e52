import { below } from "../address.ts";
import { apiUrl, phoneNumbers, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

/** 1 is throttled, 5 an error on their side. */
const passing = ["1", "5"];

export const vonage = provider({
  title: "SMS (Vonage)",
  group: "sms",
  docs: "https://developer.vonage.com/en/api/sms",
  machine: false,
  fields: {
    apiKey: text("API key", "an API key of letters and digits", { max: 64, pattern: /^[A-Za-z0-9]+$/ }),
    apiSecret: secret("API secret", "the secret of the API key"),
    from: text("From", "a phone number, or a sender id of at most 11 letters and digits", { max: 16, pattern: /^\+?[A-Za-z0-9]+$/, example: "UptimePing" }),
    to: phoneNumbers,
    apiUrl: apiUrl("https://rest.nexmo.com"),
    template,
  },
  escape: "plain",
  text: "sms",
  longest: { text: 1_000 },
  each: "to",
  request: (told, { apiKey, apiSecret, from, apiUrl: base = "https://rest.nexmo.com" }) => ({
    url: below(base, "/sms/json"),
    form: {
      api_key: apiKey,
      api_secret: apiSecret,
      from,
      to: told.to.replace("+", ""),
      text: told.text,
      type: /^[\n\r\u0020-\u007e]*$/.test(told.text) ? "text" : "unicode",
    },
  }),
  // Always 200: each part of the message has a status of its own.
  reads({ status, json }) {
    const parts = Array.isArray(json["messages"]) ? (json["messages"] as { status?: string }[]) : [];
    const bad = parts.find((part) => part.status !== "0");
    if (status !== 200 || bad === undefined) return undefined;
    return passing.includes(bad.status ?? "") ? { afterSeconds: undefined } : "refused";
  },
});
