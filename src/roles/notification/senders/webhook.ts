/** Standard Webhooks 1.0.0: any receiver with a library of that standard can verify and de-duplicate what we send. */
import { createHmac } from "node:crypto";
import { iso } from "#kernel/clock";
import type { WebhookSettings } from "../channel_schema.ts";
import { renderMessage } from "../templates/message.ts";
import { judgeHttp, post } from "./http.ts";
import type { Message, Sender } from "./sender.ts";

export const sendWebhook: Sender<WebhookSettings> = async (message, settings, tools) => {
  const body = settings.template === undefined ? webhookBody(message) : renderMessage(settings.template, message, "json");
  const timestamp = String(Math.floor(tools.clock.now() / 1_000));
  const headers: Record<string, string> = {
    "user-agent": "UptimePing",
    "content-type": isJson(body) ? "application/json" : "text/plain; charset=utf-8",
    ...lowerCased(settings.headers ?? {}),
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
  };
  if (settings.secret !== undefined) headers["webhook-signature"] = signatures(settings.secret, `${message.id}.${timestamp}.${body}`);
  const outcome = await post({ url: new URL(settings.url), headers, body }, tools);
  if ("status" in outcome && outcome.status === 410) {
    return { ok: false, text: "status 410: the receiver is gone for good", next: "give_up", reason: "receiver_gone" };
  }
  return judgeHttp(outcome, tools.clock.now());
};

function webhookBody(message: Message): string {
  return JSON.stringify({ type: message.type, timestamp: iso(message.atMs), data: message.data });
}

/** One signature for each secret: while secrets rotate, a receiver accepts whichever it knows. */
function signatures(secrets: string, signed: string): string {
  return secrets
    .split(" ")
    .map((secret) => Buffer.from(secret.slice("whsec_".length), "base64"))
    .map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`)
    .join(" ");
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
