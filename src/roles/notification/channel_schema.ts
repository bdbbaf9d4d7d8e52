/** What a channel's document may say, made from the fields of its type. Every message says what would be right; secret values are never repeated in one. */
import { z } from "zod";
import { channelLocales, type ChannelType } from "#ports/channels";
import { listingOf } from "./senders/catalogue.ts";
import { pemProblem } from "#ports/targets/fields";
import type { Field, Settings } from "./senders/fields.ts";
import type { email } from "./senders/providers/email.ts";
import type { webhook } from "./senders/providers/webhook.ts";
import { compile } from "./templates/engine.ts";
import { sampleContext } from "./templates/sample.ts";

export type WebhookSettings = Settings<typeof webhook.fields>;
export type EmailSettings = Settings<typeof email.fields>;

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 80) ?? "nothing";

type Complaint = (right: string) => (issue: { input?: unknown }) => string;

const said: Complaint = (right) => (issue) => (issue.input === undefined ? `missing: ${right}` : `${shown(issue.input)} is not right: ${right}`);
const quiet: Complaint = (right) => (issue) => (issue.input === undefined ? `missing: ${right}` : `not right: ${right}`);
/** What stands before an @ in a URL may be a password. */
const saidOfUrl: Complaint = (right) => (issue) => (JSON.stringify(issue.input)?.includes("@") ? quiet : said)(right)(issue);

const longestSecret = 500;
const longestText = 500;
const longestPem = 200_000;

function schemaOf(field: Field): z.ZodType {
  const schema = schemaOfKind(field);
  if (field.initial !== undefined) return schema.default(field.initial);
  return field.required ? schema : schema.optional();
}

function schemaOfKind(field: Field): z.ZodType {
  const { kind, right, secret, range = [0, 0], choices = [], max, item } = field;
  switch (kind) {
    case "text":
      return textSchema(said(right), (value) => value.trim() !== "" && value.length <= (max ?? longestText) && isLineFor(field, value));
    case "secret":
      return textSchema(quiet(right), (value) => value !== "" && value.length <= (max ?? longestSecret) && isLineFor(field, value));
    case "url":
      return textSchema((secret ? quiet : saidOfUrl)(right), (value) => isHttpUrl(value) && isLineFor(field, value));
    case "number":
      return z.int({ error: said(right) }).min(range[0], { error: said(right) }).max(range[1], { error: said(right) });
    case "boolean":
      return z.boolean({ error: said(right) });
    case "choice":
      return z.enum(choices, { error: said(right) });
    case "list":
      return z.array(schemaOf(item!), { error: said(right) }).min(1, { error: said(right) }).max(max!, { error: said(right) });
    case "headers":
      return headersSchema(right);
    case "certificates":
      return z.string({ error: said(right) }).max(longestPem, { error: `at most ${longestPem} characters` }).superRefine((value, context) => {
        const problem = pemProblem("caPem", value);
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
      });
    case "template":
      return templateSchema(right);
  }
}

function textSchema(error: ReturnType<Complaint>, isRight: (value: string) => boolean) {
  return z.string({ error }).refine(isRight, { error });
}

function isLineFor({ pattern, isRight }: Field, value: string): boolean {
  return !/[\u0000-\u001f\u007f]/.test(value) && (pattern?.test(value) ?? true) && (isRight?.(value) ?? true);
}

function headersSchema(right: string) {
  return z.record(z.string(), z.string({ error: quiet("header values are text") }), { error: said(right) }).superRefine((value, context) => {
    for (const [name, text] of Object.entries(value)) {
      const problem = headerProblem(name, text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem, path: [name] });
    }
  });
}

function templateSchema(right: string) {
  return z.string({ error: said(right) }).superRefine((text, context) => {
    const problem = templateProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}

const nameRight = "a name of 1 to 100 characters";
const name = textSchema(said(nameRight), (value) => value.trim() !== "" && value.length <= 100 && !/[\u0000-\u001f\u007f]/.test(value));
const locale = z.enum(channelLocales, { error: said(`one of ${channelLocales.join(", ")}`) }).default("en");
const fallbackRule = 'the id of another channel, such as "chn_01J…", or "" for none';
const fallback = z.string({ error: said(fallbackRule) }).regex(/^(chn_[0-9A-Za-z]{1,40})?$/, { error: said(fallbackRule) }).default("");
const enabled = z.boolean({ error: said("true or false") }).default(true);

/** The document of one type; `settings` is checked as that type wants it. */
export function documentSchema(type: ChannelType) {
  const settings = Object.fromEntries(Object.entries(listingOf(type).fields).map(([key, field]) => [key, schemaOf(field)]));
  return z.strictObject({ type: z.literal(type), name, locale, fallback, enabled, settings: z.strictObject(settings) });
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

function templateProblem(text: string): string | undefined {
  try {
    compile(text).render(sampleContext, "plain");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
