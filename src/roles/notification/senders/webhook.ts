/** Standard Webhooks 1.0.0: any receiver with a library of that standard can verify and de-duplicate what we send. */
import { createHmac, createPrivateKey, sign } from "node:crypto";
import { iso } from "#kernel/clock";
import type { WebhookSettings } from "../channel_schema.ts";
import { renderMessage } from "../templates/message.ts";
import { judgeHttp, post } from "./http.ts";
import { bytesOf, isEd25519Secret, webhook } from "./providers/webhook.ts";
import { redacted, secretsIn } from "./redact.ts";
import type { Message, Sender } from "./sender.ts";

export const sendWebhook: Sender<WebhookSettings> = async (message, settings, tools) => {
  const own = settings.template ?? message.texts?.webhook;
  const body = own === undefined ? webhookBody(message) : renderMessage(own, message, "json");
  const timestamp = String(Math.floor(tools.clock.now() / 1_000));
  const headers: Record<string, string> = {
    "user-agent": "UptimePing",
    "content-type": isJson(body) ? "application/json" : "text/plain; charset=utf-8",
    ...(message.traceparent && { traceparent: message.traceparent }),
    ...lowerCased(settings.headers ?? {}),
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
  };
  if (settings.secret !== undefined) headers["webhook-signature"] = signatures(settings.secret, `${message.id}.${timestamp}.${body}`);
  const outcome = await post({ method: settings.method, url: new URL(settings.url), headers, body }, tools);
  return judgeHttp(redacted(outcome, secretsIn(webhook.fields, settings)), tools.clock.now());
};

function webhookBody(message: Message): string {
  return JSON.stringify({ type: message.type, timestamp: iso(message.atMs), data: message.data });
}

/** One signature for each secret: while secrets rotate, a receiver accepts whichever it knows. */
function signatures(secrets: string, signed: string): string {
  return secrets
    .split(" ")
    .map((secret) => (isEd25519Secret(secret) ? `v1a,${ed25519(bytesOf(secret), signed)}` : `v1,${createHmac("sha256", bytesOf(secret)).update(signed).digest("base64")}`))
    .join(" ");
}

// What stands before the 32 bytes of a seed in PKCS #8, RFC 8410.
const ed25519Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** A key of 64 bytes is the seed and the public key after it. */
function ed25519(key: Buffer, signed: string): string {
  const privateKey = createPrivateKey({ key: Buffer.concat([ed25519Prefix, key.subarray(0, 32)]), format: "der", type: "pkcs8" });
  return sign(null, Buffer.from(signed), privateKey).toString("base64");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
