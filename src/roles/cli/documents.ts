/** Documents a user brings: a YAML or JSON file, or standard input as `-`. */
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { AppError, messageOf } from "#kernel/errors";
import type { CliIo } from "./io.ts";

export type Document = Record<string, unknown>;

/** YAML reads JSON too. A key that stands twice is refused, for one of the two would be lost. */
export async function readDocument(io: CliIo, file: string): Promise<Document> {
  const name = file === "-" ? "standard input" : file;
  const parsed = parseDocument(file === "-" ? await io.readStdin() : readText(file), { prettyErrors: true });
  const [error] = parsed.errors;
  if (error) throw new AppError("malformed", `${name} cannot be read: ${error.message.trim()}`);
  const value: unknown = parsed.toJS({ maxAliasCount: 100 });
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new AppError("malformed", `${name} cannot be read: it holds no document with fields`);
  return value as Document;
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new AppError("malformed", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** "true", "12", "[1]" and the like are what they look like; everything else is text. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `--set target.url=https://…` and `--tag env=prod`: a path and a value. */
export function splitPair(flag: string, text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new AppError("malformed", `${flag} "${text}" cannot be read: write it as name=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Puts `value` at a dotted path, making the objects on the way. */
export function setAt(document: Document, path: string, value: unknown): void {
  const keys = path.split(".");
  let place = document;
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(place, key) ? place[key] : undefined;
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) define(place, key, {});
    place = place[key] as Document;
  }
  define(place, keys.at(-1)!, value);
}

// `__proto__` is a name like any other here.
function define(place: Document, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}
