/** SMS through Twilio's Messages API, one request for each recipient. */
import type { SmsSettings } from "../channel_schema.ts";
import { defaultTemplates } from "../templates/defaults.ts";
import { renderMessage } from "../templates/message.ts";
import { judgeHttp, post } from "./http.ts";
import type { Answer, Message, Sender, SendTools } from "./sender.ts";

// Twilio refuses a longer one.
const longestText = 1_600;

/**
 * Twilio knows no idempotency key, so recipients that have the message are remembered and not asked again.
 * A final refusal for one recipient does not keep the others from theirs.
 */
export const sendSms: Sender<SmsSettings> = async (message, settings, tools) => {
  const text = renderMessage(settings.template ?? defaultTemplates.sms, message, "plain").slice(0, longestText);
  const reached = [...message.reached];
  const failures: { to: string; answer: Answer & { ok: false } }[] = [];
  for (const to of settings.to) {
    if (reached.includes(to)) continue;
    const answer = await sendOne(to, text, settings, tools);
    if (answer.ok) reached.push(to);
    else failures.push({ to, answer });
    // The deadline is for the whole attempt; after a timeout the rest waits for the next one.
    if (!answer.ok && answer.next === "retry") break;
  }
  return summary(settings.to, reached, failures);
};

async function sendOne(to: string, text: string, settings: SmsSettings, tools: SendTools): Promise<Answer> {
  const base = (settings.apiUrl ?? "https://api.twilio.com").replace(/\/+$/, "");
  const url = new URL(`${base}/2010-04-01/Accounts/${settings.accountSid}/Messages.json`);
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    authorization: `Basic ${Buffer.from(`${settings.accountSid}:${settings.authToken}`).toString("base64")}`,
  };
  const body = new URLSearchParams({ To: to, From: settings.from, Body: text }).toString();
  return judgeHttp(await post({ url, headers, body }, tools), tools.clock.now());
}

function summary(to: string[], reached: Message["reached"], failures: { to: string; answer: Answer & { ok: false } }[]): Answer {
  const text = `${reached.length} of ${to.length} recipients reached${failures.map((failure) => `; ${failure.to}: ${failure.answer.text}`).join("")}`;
  if (failures.length === 0) return { ok: true, text, reached: [...reached] };
  const again = failures.find((failure) => failure.answer.next === "retry");
  if (again?.answer.next !== "retry") return { ...failures[0]!.answer, text };
  return { ...again.answer, text, reached: [...reached] };
}
