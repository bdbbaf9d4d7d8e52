/** Channel type → how it is sent. */
import type { ChannelType } from "#ports/channels";
import type { EmailSettings, WebhookSettings } from "../channel_schema.ts";
import { senderOf } from "./by_table.ts";
import { providers } from "./catalogue.ts";
import { sendEmail } from "./email.ts";
import type { Provider } from "./provider.ts";
import type { Sender } from "./sender.ts";
import { sendWebhook } from "./webhook.ts";

type Coded = { webhook: WebhookSettings; email: EmailSettings };

export type SettingsOf = { [T in ChannelType]: T extends keyof Coded ? Coded[T] : Record<string, unknown> };

const byTable = Object.fromEntries(Object.entries(providers).map(([type, provider]) => [type, senderOf(provider as unknown as Provider)]));

export const senders = { ...byTable, webhook: sendWebhook, email: sendEmail } as { [T in ChannelType]: Sender<SettingsOf[T]> };
