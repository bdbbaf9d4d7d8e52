import { below, path } from "../address.ts";
import { apiUrl, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";
import { cut } from "../told.ts";

const longest = 4_096;

export const telegram = provider({
  title: "Telegram",
  group: "chat",
  docs: "https://core.telegram.org/bots/api#sendmessage",
  machine: false,
  fields: {
    botToken: secret("Bot token", "a bot token such as 123456:ABC…", { pattern: /^[A-Za-z0-9:_-]+$/ }),
    chatId: text("Chat id", "a chat id such as -1001234567890, or a channel name such as @ops", { max: 100, pattern: /^(-?\d+|@\w+)$/, example: "-1001234567890" }),
    apiUrl: apiUrl("https://api.telegram.org", "the http or https URL of a Bot API server"),
    template,
  },
  escape: "telegram",
  text: "telegram",
  longest: { text: longest },
  request(told, { apiUrl: base = "https://api.telegram.org", botToken, chatId }) {
    const html = told.textAs("telegram");
    // Cut HTML may end inside a tag and is refused; cut plain text is only shorter.
    const said =
      html.length <= longest
        ? { text: html, parse_mode: "HTML" }
        : { text: cut(told.textAs("plain").replace(/<\/?[a-z][^>]*>/gi, ""), longest) };
    return { url: below(base, path`/bot${botToken}/sendMessage`), json: { chat_id: chatId, ...said, link_preview_options: { is_disabled: true } } };
  },
  reads({ status, body }) {
    const seconds = /"retry_after"\s*:\s*(\d+)/.exec(body)?.[1];
    return status === 429 && seconds !== undefined ? { afterSeconds: Number(seconds) } : undefined;
  },
});
