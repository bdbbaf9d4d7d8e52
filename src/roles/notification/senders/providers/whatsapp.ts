import { bearer, below, path } from "../address.ts";
import { apiUrl, phoneNumbers, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

/** Throughput limits, which come as 400: code 130429 for the number, 131056 for the pair of numbers, 4 and 80007 for the app. */
const limits: unknown[] = [4, 80_007, 130_429, 131_056];

export const whatsapp = provider({
  title: "WhatsApp (Cloud API)",
  group: "chat",
  docs: "https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages",
  machine: false,
  fields: {
    phoneNumberId: text("Phone number id", "the id of the number that sends: digits", { max: 32, pattern: /^\d+$/, example: "106540352242922" }),
    accessToken: secret("Access token", "an access token of a system user", { max: 1_000 }),
    to: phoneNumbers,
    apiUrl: apiUrl("https://graph.facebook.com/v23.0"),
    template,
  },
  escape: "plain",
  text: "long",
  longest: { text: 4_096 },
  each: "to",
  request: (told, { phoneNumberId, accessToken, apiUrl: base = "https://graph.facebook.com/v23.0" }) => ({
    url: below(base, path`/${phoneNumberId}/messages`),
    headers: bearer(accessToken),
    json: { messaging_product: "whatsapp", recipient_type: "individual", to: told.to, type: "text", text: { preview_url: false, body: told.text } },
  }),
  reads({ json }) {
    const code = (json["error"] as { code?: unknown } | undefined)?.code;
    return limits.includes(code) ? { afterSeconds: undefined } : undefined;
  },
});
