/** Telegram's Bot API, method sendMessage. */
import type { TelegramSettings } from "../channel_schema.ts";
import { defaultTemplates } from "../templates/defaults.ts";
import { renderMessage } from "../templates/message.ts";
import { type HttpOutcome, judgeHttp, post } from "./http.ts";
import { type Answer, type Sender, shortened } from "./sender.ts";

const longestText = 4_096;

export const sendTelegram: Sender<TelegramSettings> = async (message, settings, tools) => {
  const template = settings.template ?? defaultTemplates.telegram;
  const html = renderMessage(template, message, "telegram");
  // Cut HTML may end inside a tag and is refused; cut plain text is only shorter.
  const text =
    html.length <= longestText
      ? { text: html, parse_mode: "HTML" }
      : { text: renderMessage(template, message, "plain").replace(/<\/?[a-z][^>]*>/gi, "").slice(0, longestText) };
  const base = (settings.apiUrl ?? "https://api.telegram.org").replace(/\/+$/, "");
  const url = new URL(`${base}/bot${settings.botToken}/sendMessage`);
  const body = JSON.stringify({ chat_id: settings.chatId, ...text, link_preview_options: { is_disabled: true } });
  const outcome = await post({ url, headers: { "content-type": "application/json" }, body }, tools);
  return withoutToken(judgeTelegram(outcome, tools.clock.now()), settings.botToken);
};

/** The wait after 429 stands in the body: `{ "parameters": { "retry_after": seconds } }`. */
function judgeTelegram(outcome: HttpOutcome, nowMs: number): Answer {
  if ("failure" in outcome || outcome.status !== 429) return judgeHttp(outcome, nowMs);
  const seconds = /"retry_after"\s*:\s*(\d+)/.exec(outcome.body)?.[1];
  return judgeHttp({ ...outcome, retryAfter: seconds ?? outcome.retryAfter }, nowMs);
}

/** The token is part of the path, and errors like to repeat the path. */
function withoutToken(answer: Answer, token: string): Answer {
  return { ...answer, text: shortened(answer.text.replaceAll(token, "***")) };
}
