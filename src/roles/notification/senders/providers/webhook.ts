import { choice, headers, optional, secret, template, url } from "../fields.ts";
import type { Listing } from "../provider.ts";

export const isEd25519Secret = (text: string) => /^whsk_[A-Za-z0-9+/]+={0,2}$/.test(text) && [32, 64].includes(bytesOf(text).length);

const isHmacSecret = (text: string) => /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) && isCanonical(text) && bytesOf(text).length >= 24 && bytesOf(text).length <= 64;

/** The key of a secret as Standard Webhooks writes it. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(text.indexOf("_") + 1), "base64");
}

function isCanonical(text: string): boolean {
  return bytesOf(text).toString("base64").replace(/=+$/, "") === text.slice(text.indexOf("_") + 1).replace(/=+$/, "");
}

export const webhook = {
  title: "Webhook",
  group: "generic",
  docs: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
  machine: true,
  escape: "json",
  fields: {
    url: url("URL", "an http or https URL without a user in it, such as https://example.com/hook", { example: "https://hooks.example/uptime" }),
    secret: optional(
      secret("Signing secret", 'one secret, or several separated by a space while they rotate, each "whsec_" and 24 to 64 bytes in base64 (or "whsk_" and an ed25519 key)', {
        max: 1_000,
        isRight: (value) => value.split(" ").every((one) => isHmacSecret(one) || isEd25519Secret(one)),
        signs: true,
        help: "whsec_… as in Standard Webhooks; empty sends unsigned",
      }),
    ),
    method: optional(choice("Method", ["POST", "PUT", "PATCH"], { more: true, help: "Empty: POST" })),
    headers,
    template,
  },
} satisfies Listing;
