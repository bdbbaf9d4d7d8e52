/** The texts of messages: what the server says of them, and what they are called on the pages. */
import { t } from "./i18n.ts";
import type { Json } from "./types.ts";

export interface MessageTemplate {
  name: string;
  text: string;
  shippedText: string;
  isOverridden: boolean;
  channelTypes: string[];
  sample: Json;
  updatedAt: string | null;
  updatedBy: string;
}

export interface TemplateList {
  items: MessageTemplate[];
  formatters: string[];
  events: string[];
  locales: string[];
}

const labels: Record<string, string> = {
  title: t("Title"),
  body: t("Text below a title"),
  long: t("Text without markup"),
  markdown: t("Markdown"),
  webhook: t("Webhook body"),
  "email.subject": t("E-mail subject"),
  email: t("E-mail"),
  slack: t("Slack markup"),
  telegram: t("Telegram markup"),
  sms: t("SMS"),
};

export function templateLabel(name: string): string {
  return labels[name] ?? name;
}

const languages: Record<string, string> = { "": t("All languages"), en: t("English"), ru: t("Russian") };

export function languageLabel(locale: string): string {
  return languages[locale] ?? locale;
}

/** "incident.severity_raised" is "incident severity raised". */
export function eventLabel(event: string): string {
  return event.replace(/[._]/g, " ");
}
