import { createHmac } from "node:crypto";
import { optional, secret, secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

export const feishu = provider({
  title: "Feishu / Lark",
  group: "chat",
  docs: "https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "a bot's webhook URL such as https://open.feishu.cn/open-apis/bot/v2/hook/…", { example: "https://open.feishu.cn/open-apis/bot/v2/hook/…" }),
    secret: optional(secret("Signing secret", "the bot's signing secret", { signs: true, help: "When the bot verifies signatures" })),
    template,
  },
  // `<at user_id="all">` would mention everybody.
  escape: "unmentioned",
  text: "long",
  longest: { text: 15_000, bytes: true },
  request(told, { url, secret: key }) {
    const timestamp = String(Math.floor(told.nowMs / 1_000));
    const signed = key === undefined ? {} : { timestamp, sign: createHmac("sha256", `${timestamp}\n${key}`).digest("base64") };
    return { url, json: { ...signed, msg_type: "text", content: { text: told.text } } };
  },
  reads({ status, json }) {
    if (json["code"] === 11_232) return { afterSeconds: undefined };
    return status === 200 && typeof json["code"] === "number" && json["code"] !== 0 ? "refused" : undefined;
  },
});
