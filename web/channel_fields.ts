/** What can be set on a channel, by type. */
import type { Field } from "./fields.ts";

export const channelTypes = [
  ["webhook", "Webhook", "A signed request to your own service"],
  ["email", "E-mail", "Through your mail server"],
  ["slack", "Slack", "An incoming webhook"],
  ["telegram", "Telegram", "A bot in a chat"],
  ["sms", "SMS", "Through Twilio"],
] as const;

const name: Field = { pointer: "/name", label: "Name", kind: "text", required: true, placeholder: "On call" };
const enabled: Field = { pointer: "/enabled", label: "Enabled", kind: "flag", initial: true };
const template: Field = {
  pointer: "/settings/template",
  label: "Template",
  kind: "area",
  more: true,
  wide: true,
  hint: "Handlebars; empty sends the standard text",
};

const settings: Record<string, Field[]> = {
  webhook: [
    { pointer: "/settings/url", label: "URL", kind: "text", required: true, wide: true, placeholder: "https://hooks.example/uptime" },
    { pointer: "/settings/secret", label: "Signing secret", kind: "secret", hint: "whsec_… as in Standard Webhooks; empty sends unsigned" },
    { pointer: "/settings/headers", label: "Headers", kind: "pairs", more: true, wide: true },
  ],
  email: [
    { pointer: "/settings/to", label: "To", kind: "list", required: true, wide: true, placeholder: "ops@example.com, me@example.com" },
    { pointer: "/settings/from", label: "From", kind: "text", required: true, wide: true, placeholder: "UptimePing <uptime@example.com>" },
    { pointer: "/settings/host", label: "Mail server", kind: "text", required: true, placeholder: "smtp.example.com" },
    { pointer: "/settings/port", label: "Port", kind: "number", placeholder: "587" },
    { pointer: "/settings/user", label: "User", kind: "text" },
    { pointer: "/settings/password", label: "Password", kind: "secret" },
    { pointer: "/settings/secure", label: "TLS from the first byte", kind: "flag", more: true, hint: "As on port 465" },
    { pointer: "/settings/startTls", label: "Refuse a server without STARTTLS", kind: "flag", more: true },
    { pointer: "/settings/subject", label: "Subject", kind: "text", more: true, wide: true, hint: "Handlebars; empty sends the standard one" },
  ],
  slack: [{ pointer: "/settings/url", label: "Webhook URL", kind: "secret", required: true, wide: true, placeholder: "https://hooks.slack.com/services/…" }],
  telegram: [
    { pointer: "/settings/botToken", label: "Bot token", kind: "secret", required: true },
    { pointer: "/settings/chatId", label: "Chat id", kind: "text", required: true, placeholder: "-1001234567890" },
    { pointer: "/settings/apiUrl", label: "Bot API server", kind: "text", more: true, wide: true, hint: "Empty: Telegram's own" },
  ],
  sms: [
    { pointer: "/settings/accountSid", label: "Account SID", kind: "text", required: true },
    { pointer: "/settings/authToken", label: "Auth token", kind: "secret", required: true },
    { pointer: "/settings/from", label: "From", kind: "text", required: true, placeholder: "+15005550006" },
    { pointer: "/settings/to", label: "To", kind: "list", required: true, placeholder: "+491701234567" },
    { pointer: "/settings/apiUrl", label: "Twilio API", kind: "text", more: true, wide: true, hint: "Empty: Twilio's own" },
  ],
};

export function fieldsOfChannel(type: string): Field[] {
  return [name, ...(settings[type] ?? []), template, enabled];
}
