/** Errors and answers like to repeat what was asked, and with it a token in a path or a header. */
import type { JsonValue } from "@bufbuild/protobuf";
import { isObject } from "#kernel/merge_patch";
import { type Fields, secretHeader } from "./fields.ts";
import type { HttpOutcome } from "./http.ts";

const mask = "***";
/** Shorter texts stand everywhere by chance. */
const shortest = 4;

/** What an outcome says, without the secrets. Before it is shortened: half a secret is one too. */
export function redacted(outcome: HttpOutcome, secrets: readonly string[]): HttpOutcome {
  return "failure" in outcome ? { ...outcome, failure: hidden(outcome.failure, secrets) } : { ...outcome, body: hidden(outcome.body, secrets) };
}

function hidden(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, mask);
  // A body is kept up to a size, which may fall inside a secret.
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= shortest; length--) {
      if (shown.endsWith(secret.slice(0, length))) shown = shown.slice(0, -length) + mask;
    }
  }
  return shown;
}

/** Every secret text of a channel in each way it is written in a request, longest first. */
export function secretsIn(fields: Fields, settings: Record<string, unknown>): string[] {
  const plain = Object.entries(fields).flatMap(([name, { secret, kind }]) => {
    const value = settings[name];
    if (kind === "headers" && isObject(value as JsonValue)) return Object.entries(value as object).flatMap(([header, text]) => (secretHeader.test(header) ? [String(text), ...String(text).split(" ")] : []));
    if (!secret || typeof value !== "string") return [];
    return kind === "url" ? partsOfUrl(value) : [value, ...value.split(" ")];
  });
  // Beside whom a secret may stand in Basic authentication.
  const users = Object.entries(fields).flatMap(([name, { kind }]) => (kind === "text" && typeof settings[name] === "string" ? [settings[name]] : []));
  const written = plain.flatMap((text) => [text, encodeURIComponent(text.toWellFormed()), ...["", ...users].map((user) => base64(`${user}:${text}`)), base64(`${text}:`)]);
  return [...new Set(written)].filter((text) => text.length >= shortest).toSorted((a, b) => b.length - a.length);
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

function partsOfUrl(value: string): string[] {
  if (!URL.canParse(value)) return [value];
  const { href, pathname, search, searchParams } = new URL(value);
  const long = [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= 8);
  return [value, href, ...(pathname.length > 1 ? [pathname + search, pathname] : []), ...(search === "" ? [] : [search]), ...long];
}
