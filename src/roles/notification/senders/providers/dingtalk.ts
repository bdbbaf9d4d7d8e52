import { createHmac } from "node:crypto";
import { optional, secret, secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

const tooFast: unknown[] = [130_101, 410_100];

export const dingtalk = provider({
  title: "DingTalk",
  group: "chat",
  docs: "https://open.dingtalk.com/document/orgapp/custom-bots-send-group-chat-messages",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "a bot's webhook URL such as https://oapi.dingtalk.com/robot/send?access_token=…", { example: "https://oapi.dingtalk.com/robot/send?access_token=…" }),
    secret: optional(secret("Signing secret", "the bot's signing secret such as SEC…", { signs: true, help: "When the bot verifies signatures" })),
    template,
  },
  escape: "plain",
  text: "long",
  longest: { text: 15_000, bytes: true },
  request: (told, { url, secret: key }) => ({
    url: key === undefined ? url : signed(url, key, String(told.nowMs)),
    // Who is mentioned is said here, and nowhere else.
    json: { msgtype: "text", text: { content: told.text }, at: { isAtAll: false } },
  }),
  reads({ status, json }) {
    // More than 20 messages in a minute close the bot for ten.
    if (tooFast.includes(json["errcode"])) return { afterSeconds: 600 };
    if (json["errcode"] === -1) return { afterSeconds: undefined };
    return status === 200 && typeof json["errcode"] === "number" && json["errcode"] !== 0 ? "refused" : undefined;
  },
});

function signed(url: string, key: string, timestamp: string): string {
  const target = new URL(url);
  target.searchParams.set("timestamp", timestamp);
  target.searchParams.set("sign", createHmac("sha256", key).update(`${timestamp}\n${key}`).digest("base64"));
  return target.href;
}
