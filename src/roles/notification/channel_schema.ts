/** What a channel's document may say, type by type. Every message says what would be right; secret values are never repeated in one. */
import { z } from "zod";
import { compile } from "./templates/engine.ts";
import { sampleContext } from "./templates/sample.ts";

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? "nothing";

const said = (right: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? `missing: ${right}` : `${shown(issue.input)} is not right: ${right}`;
const quiet = (right: string) => (issue: { input?: unknown }) => (issue.input === undefined ? `missing: ${right}` : `not right: ${right}`);
/** What stands before an @ in a URL may be a password. */
const saidOfUrl = (right: string) => (issue: { input?: unknown }) => (JSON.stringify(issue.input)?.includes("@") ? quiet : said)(right)(issue);

const line = (right: string, max: number) =>
  z.string({ error: said(right) }).refine((value) => value.trim() !== "" && value.length <= max && !hasControl(value), { error: said(right) });
const secretLine = (right: string, max = 500) =>
  z.string({ error: quiet(right) }).refine((value) => value !== "" && value.length <= max && !hasControl(value), { error: quiet(right) });

const httpUrl = (right: string, error: typeof said = saidOfUrl) => z.string({ error: error(right) }).refine(isHttpUrl, { error: error(right) });

const email = "an e-mail address such as ops@example.com, or Name <ops@example.com>";
const address = z.string({ error: said(email) }).refine(isMailbox, { error: said(email) });
const phone = "a phone number in E.164, such as +15551234567";
const phoneNumber = z.string({ error: said(phone) }).regex(/^\+[1-9]\d{5,14}$/, { error: said(phone) });

const template = z
  .string({ error: said("the text of a template") })
  .superRefine((text, context) => {
    const problem = templateProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .optional();

const listOf = <T extends z.ZodType>(item: T, right: string) => z.array(item, { error: said(right) }).min(1, { error: said(right) }).max(50, { error: said(right) });

const headers = z
  .record(z.string(), z.string({ error: quiet("header values are text") }), { error: said("an object of header names and values") })
  .superRefine((value, context) => {
    for (const [name, text] of Object.entries(value)) {
      const problem = headerProblem(name, text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem, path: [name] });
    }
  });

const secrets = 'one secret, or several separated by a space while they rotate, each "whsec_" and 24 to 64 bytes in base64';

export const settingsSchemas = {
  webhook: z.strictObject({
    url: httpUrl("an http or https URL without a user in it, such as https://example.com/hook"),
    secret: z.string({ error: quiet(secrets) }).refine((value) => value.split(" ").every(isWebhookSecret), { error: quiet(secrets) }).optional(),
    headers: headers.optional(),
    template,
  }),
  email: z.strictObject({
    host: line("the name or address of an SMTP server", 253).regex(/^[A-Za-z0-9.:_-]+$/, { error: said("the name or address of an SMTP server") }),
    port: z.int({ error: said("a port from 1 to 65535") }).min(1, { error: said("a port from 1 to 65535") }).max(65_535, { error: said("a port from 1 to 65535") }).default(587),
    secure: z.boolean({ error: said("true for TLS from the first byte, as on port 465, else false") }).default(false),
    startTls: z.boolean({ error: said("true to refuse a server without STARTTLS, else false") }).default(false),
    user: line("a user name", 320).optional(),
    password: secretLine("a password of at most 500 characters").optional(),
    from: address,
    to: listOf(address, "a list of 1 to 50 e-mail addresses"),
    subject: template,
    template,
  }),
  slack: z.strictObject({ url: httpUrl("an incoming webhook URL such as https://hooks.slack.com/services/…", quiet), template }),
  telegram: z.strictObject({
    botToken: secretLine("a bot token such as 123456:ABC…").regex(/^[A-Za-z0-9:_-]+$/, { error: quiet("a bot token such as 123456:ABC…") }),
    chatId: line("a chat id such as -1001234567890, or a channel name such as @ops", 100).regex(/^(-?\d+|@\w+)$/, {
      error: said("a chat id such as -1001234567890, or a channel name such as @ops"),
    }),
    apiUrl: httpUrl("the http or https URL of a Bot API server").optional(),
    template,
  }),
  sms: z.strictObject({
    accountSid: line("an account SID such as AC0123…", 64).regex(/^[A-Za-z0-9]+$/, { error: said("an account SID such as AC0123…") }),
    authToken: secretLine("the account's auth token"),
    from: line("a phone number such as +15551234567, or a sender id of at most 11 letters", 16),
    to: listOf(phoneNumber, "a list of 1 to 50 phone numbers"),
    apiUrl: httpUrl("the http or https URL of a Twilio API").optional(),
    template,
  }),
} as const;

export type WebhookSettings = z.infer<typeof settingsSchemas.webhook>;
export type EmailSettings = z.infer<typeof settingsSchemas.email>;
export type SlackSettings = z.infer<typeof settingsSchemas.slack>;
export type TelegramSettings = z.infer<typeof settingsSchemas.telegram>;
export type SmsSettings = z.infer<typeof settingsSchemas.sms>;

const name = line("a name of 1 to 100 characters", 100);
const enabled = z.boolean({ error: said("true or false") }).default(true);

/** The document of one type; `settings` is checked as that type wants it. */
export function documentSchema<T extends keyof typeof settingsSchemas>(type: T) {
  return z.strictObject({ type: z.literal(type), name, enabled, settings: settingsSchemas[type] });
}

// Set by us, or able to change what the request means to a proxy.
const ownHeaders = /^(host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive|proxy-.*|webhook-.*)$/i;

function headerProblem(header: string, value: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(header)) return `${shown(header)} is not a header name: letters, digits and "-"`;
  if (ownHeaders.test(header)) return `"${header}" is set by the sender: leave it out`;
  if (value.length > 4_000 || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) return "not right: a header value is one line of at most 4000 Latin-1 characters";
  return undefined;
}

function isHttpUrl(value: string): boolean {
  if (value.length > 2_000 || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:\/\//i.test(value) && (protocol === "http:" || protocol === "https:") && username === "" && password === "";
}

function isWebhookSecret(value: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  const bytes = Buffer.from(value.slice("whsec_".length), "base64");
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64").replace(/=+$/, "") === value.slice("whsec_".length).replace(/=+$/, "");
}

/** One mailbox. Commas, semicolons and line breaks would smuggle in a second one, or a header. */
function isMailbox(value: string): boolean {
  const mailbox = /^[^<>"(),;:\\@\u0000-\u001f\u007f]{1,100} <([^<>]+)>$/.exec(value)?.[1] ?? value;
  return mailbox.length <= 254 && /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(mailbox);
}

function hasControl(value: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(value);
}

function templateProblem(text: string): string | undefined {
  try {
    compile(text).render(sampleContext, "plain");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
