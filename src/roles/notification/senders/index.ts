/** Channel type → how it is sent. */
import type { ChannelType } from "#ports/channels";
import type { EmailSettings, SlackSettings, SmsSettings, TelegramSettings, WebhookSettings } from "../channel_schema.ts";
import { sendEmail } from "./email.ts";
import type { Sender } from "./sender.ts";
import { sendSlack } from "./slack.ts";
import { sendSms } from "./sms.ts";
import { sendTelegram } from "./telegram.ts";
import { sendWebhook } from "./webhook.ts";

export interface SettingsOf {
  webhook: WebhookSettings;
  email: EmailSettings;
  slack: SlackSettings;
  telegram: TelegramSettings;
  sms: SmsSettings;
}

export const senders: { [T in ChannelType]: Sender<SettingsOf[T]> } = {
  webhook: sendWebhook,
  email: sendEmail,
  slack: sendSlack,
  telegram: sendTelegram,
  sms: sendSms,
};
