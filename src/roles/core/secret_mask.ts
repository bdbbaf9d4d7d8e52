/**
 * A target may say back what was sent to it: an error page shows the request, a service names the token that it refuses, a
 * redirect carries it on. What is kept of a run is read by people who may not read the secrets of its check, and goes out in
 * messages, so each of them stands there as "***". Only a piece that was cut off in an excerpt is not known again.
 */
import { secretsIn } from "#ports/check_targets";
import type { Json, JsonObject } from "./probes/probe.ts";

export interface SecretMask {
  text(text: string): string;
  /** Every text in it; names stay. */
  json(value: JsonObject): JsonObject;
}

/** Shorter ones are words like any other, and hiding them would say what they are. */
const shortest = 6;

/** Undefined when the check holds nothing that is sent and secret. */
export function createSecretMask(type: string, target: JsonObject): SecretMask | undefined {
  const sent = secretsIn(type, target).filter(({ path }) => path.at(-1) !== "keyPem");
  const known = new Set(sent.flatMap(({ path, text }) => [text, ...partsOf(text), ...encodedWithUser(path, text, target)]).flatMap(spellingsOf));
  // The longest first: a part of it would leave the rest standing.
  const texts = [...known].filter((text) => text.length >= shortest).toSorted((a, b) => b.length - a.length);
  if (texts.length === 0) return undefined;
  const masked = (text: string) => texts.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  const json = (value: Json): Json => {
    if (typeof value === "string") return masked(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(json);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, json(inner)]));
  };
  return {
    text: masked,
    json: (value) => json(value) as JsonObject,
  };
}

/** The credentials after their scheme ("Bearer …"), and the value of each cookie. */
function partsOf(text: string): string[] {
  const afterScheme = /^\S+\s+(\S+)$/.exec(text)?.[1] ?? [];
  const values = text.includes("=") ? text.split(/;\s*/).map((pair) => pair.slice(pair.indexOf("=") + 1)) : [];
  return [afterScheme, values].flat();
}

/** As a user and a password travel in a header (RFC 7617). */
function encodedWithUser(path: string[], password: string, target: JsonObject): string[] {
  if (path.at(-1) !== "password") return [];
  const { username } = (target[path[0]!] ?? {}) as JsonObject;
  return [Buffer.from(`${typeof username === "string" ? username : ""}:${password}`).toString("base64")];
}

/** As it stands in a URL, a form or a JSON text. */
function spellingsOf(text: string): string[] {
  return [text, encodeURIComponent(text), new URLSearchParams([["", text]]).toString().slice(1), JSON.stringify(text).slice(1, -1)];
}
