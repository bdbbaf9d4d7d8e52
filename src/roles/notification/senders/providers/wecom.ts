import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

export const wecom = provider({
  title: "WeCom",
  group: "chat",
  docs: "https://developer.work.weixin.qq.com/document/path/91770",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "a bot's webhook URL such as https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…", { example: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…" }),
    template,
  },
  // As text: markdown knows <@userid>, and here nobody is mentioned who is not listed.
  escape: "unmentioned",
  text: "long",
  longest: { text: 2_048, bytes: true },
  request: (told, { url }) => ({ url, json: { msgtype: "text", text: { content: told.text } } }),
  reads({ status, json }) {
    if (json["errcode"] === 45_009 || json["errcode"] === -1) return { afterSeconds: 60 };
    return status === 200 && typeof json["errcode"] === "number" && json["errcode"] !== 0 ? "refused" : undefined;
  },
});
