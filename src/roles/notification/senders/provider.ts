/** A provider as data: what can be set, the one request that says a message, and what the answer means beyond its status. */
import type { JsonValue } from "@bufbuild/protobuf";
import type { TemplateName } from "../templates/defaults.ts";
import type { EscapeName } from "../templates/escapes.ts";
import type { Fields, Settings } from "./fields.ts";
import type { Told } from "./told.ts";

export type ProviderGroup = "chat" | "push" | "on-call" | "sms" | "issue tracker" | "generic";

/** What a person sees of a kind of channel before making one. */
export interface Listing<F extends Fields = Fields> {
  title: string;
  group: ProviderGroup;
  /** Where the provider documents what we send. */
  docs: string;
  /** Read by a program: messages are not grouped by default. */
  machine: boolean;
  fields: F;
  /** How values are written in its texts. */
  escape: EscapeName;
}

/** What JSON.stringify writes; fields that are undefined are left out, in forms and headers too. */
export type Body = string | number | boolean | null | undefined | readonly Body[] | { readonly [key: string]: Body };

export interface ProviderRequest {
  /** POST unless said. */
  method?: "POST" | "PUT" | "GET";
  url: string;
  headers?: Record<string, string | undefined>;
  /** Exactly one of these, or none for GET. A JSON body is built as a value, so that nothing in a message can break out of it. */
  json?: Body;
  form?: Record<string, string | undefined>;
  plain?: string;
}

/** Why there is nothing to ask for: the provider has no word for this kind of event. */
export interface NoRequest {
  nothing: string;
}

/** What a provider said, for those who say it in the body. */
export interface Said {
  status: number;
  body: string;
  /** The body's fields when it is a JSON object, else empty. */
  json: { [key: string]: JsonValue };
}

/** Overrules the status: delivered, refused for good, or to be tried again (after so many seconds). */
export type Reading = "delivered" | "refused" | { afterSeconds: number | undefined };

export interface Provider<F extends Fields = Fields> extends Listing<F> {
  /** The text when a channel has no template of its own. */
  text: TemplateName;
  /** In characters; `bytes` for providers that count those. */
  longest: { title?: number; text: number; bytes?: boolean };
  /** The list whose every entry gets a request of its own; those reached are remembered over retries. */
  each?: keyof F & string;
  request(told: Told, settings: Settings<F>): ProviderRequest | NoRequest;
  /** Undefined leaves it to the status. */
  reads?(said: Said): Reading | undefined;
}

/** Only so that `settings` is typed from `fields`. The table holds providers of all kinds, hence the wide type outside. */
export function provider<F extends Fields>(definition: Provider<F>): Provider<F> {
  return definition;
}

/** For providers that can only begin something: what happens later to the same incident asks for nothing. */
export function opensIssue({ type }: Told): boolean {
  return !type.startsWith("incident.") || type === "incident.opened" || type === "incident.reopened";
}
