/** Slack's incoming webhooks: `{ "text": mrkdwn }` to a secret URL, answered with the text "ok". */
import type { SlackSettings } from "../channel_schema.ts";
import { defaultTemplates } from "../templates/defaults.ts";
import { renderMessage } from "../templates/message.ts";
import { judgeHttp, post } from "./http.ts";
import type { Sender } from "./sender.ts";

// Slack cuts a message at 40 000 characters.
const longestText = 39_000;

export const sendSlack: Sender<SlackSettings> = async (message, settings, tools) => {
  const text = renderMessage(settings.template ?? defaultTemplates.slack, message, "slack").slice(0, longestText);
  const body = JSON.stringify({ text });
  const outcome = await post({ url: new URL(settings.url), headers: { "content-type": "application/json" }, body }, tools);
  return judgeHttp(outcome, tools.clock.now());
};
