/**
 * Forms as data: each field stands for one JSON pointer of a document. A draft keeps what was typed, as it was typed;
 * a document is made from it only when it is sent, on top of the document it came from, so that parts no field shows
 * are kept as they are.
 */
import { t } from "./i18n.ts";
import { isObject, read, sortErrors, textOf, write, type SortedErrors } from "./pointer.ts";
import type { FieldError, Json, JsonObject } from "./types.ts";

export type FieldKind = "text" | "secret" | "number" | "area" | "json" | "choice" | "flag" | "pairs" | "list" | "file" | "moment" | "zone";

/** Another field has one of these values, as text. */
export interface Condition {
  pointer: string;
  is: readonly string[];
}

export interface Field {
  /** A name that is no pointer is a field of the form alone, which is never sent. */
  pointer: string;
  label: string;
  kind: FieldKind;
  hint?: string;
  placeholder?: string;
  required?: boolean;
  choices?: readonly (readonly [value: string, label: string])[];
  /** Shown in the section "More". */
  more?: boolean;
  /** What a new document begins with; of a flag also what the server takes when it is not said. */
  initial?: Value;
  /** Shown, and sent, only while all of this holds. */
  when?: Condition | readonly Condition[];
  /** What a field of the form alone shows of a document. */
  of?: (document: JsonObject) => Value;
  wide?: boolean;
}

export type Pair = readonly [name: string, value: string];
export type Value = string | boolean | readonly Pair[];
export type Draft = Readonly<Record<string, Value>>;

export function emptyDraft(fields: readonly Field[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.pointer, field.initial ?? blank(field.kind)]));
}

export function draftOf(fields: readonly Field[], document: JsonObject): Draft {
  return Object.fromEntries(fields.map((field) => [field.pointer, field.of ? field.of(document) : shown(field, read(document, field.pointer))]));
}

export function isShown(field: Field, draft: Draft): boolean {
  return [field.when ?? []].flat().every(({ pointer, is }) => is.includes(String(draft[pointer] ?? "")));
}

export interface Written {
  document: JsonObject;
  /** What cannot be sent at all, such as a number that is none. */
  errors: FieldError[];
}

export function documentOf(fields: readonly Field[], draft: Draft, base: JsonObject): Written {
  const document = structuredClone(base);
  const before = draftOf(fields, base);
  const errors: FieldError[] = [];
  for (const field of fields) {
    if (!field.pointer.startsWith("/")) continue;
    const typed = draft[field.pointer] ?? blank(field.kind);
    const shows = isShown(field, draft);
    // What nobody touched is sent back as it was read: a number stays a number, an object an object.
    const untouched = sameValue(typed, before[field.pointer]!) && shows === isShown(field, before);
    if (untouched && !(field.required && typed === "")) continue;
    const parsed = shows ? parse(field, typed) : { value: undefined };
    if ("error" in parsed) errors.push({ pointer: field.pointer, message: parsed.error });
    else write(document, field.pointer, parsed.value);
  }
  // Taking away the last detail of a thing that is still switched on leaves it on, without details.
  for (const { pointer, kind } of fields) {
    if (kind === "flag" && draft[pointer] === true && isObject(read(base, pointer)) && read(document, pointer) === undefined) write(document, pointer, true);
  }
  return { document, errors };
}

/** What `isInList` says is about rows keeps its own pointer, even where a field is nearer: the editor of the rows tells it there. */
export function errorsByField(errors: readonly FieldError[], fields: readonly Field[], draft: Draft, isInList: (pointer: string) => boolean = () => false): SortedErrors {
  const visible = fields.filter((field) => isShown(field, draft)).map((field) => field.pointer);
  const sorted = sortErrors(errors.filter(({ pointer }) => !isInList(pointer)), visible);
  for (const { pointer, message } of errors.filter((error) => isInList(error.pointer))) sorted.at.set(pointer, [...(sorted.at.get(pointer) ?? []), message]);
  return sorted;
}

function sameValue(a: Value, b: Value): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}

type Parsed = { value: Json | undefined } | { error: string };

function parse(field: Field, typed: Value): Parsed {
  if (typeof typed === "boolean") return { value: typed };
  if (typeof typed !== "string") return parsePairs(typed);
  const text = typed.trim();
  if (text === "") return field.required ? { error: t("is needed") } : { value: undefined };
  if (field.kind === "number") {
    const value = Number(text);
    return Number.isFinite(value) ? { value } : { error: t("\"{text}\" is not a number", { text: text }) };
  }
  if (field.kind === "json") return parseJson(text);
  // As in "no, yes, or which version".
  if (field.kind === "choice" && text === "true") return { value: true };
  if (field.kind === "list") return { value: text.split(/[\s,]+/).filter(Boolean) };
  return { value: field.kind === "area" || field.kind === "secret" ? typed : text };
}

function parsePairs(pairs: readonly Pair[]): Parsed {
  const filled = pairs.filter(([name, value]) => name.trim() !== "" || value !== "");
  if (filled.length === 0) return { value: undefined };
  const nameless = filled.find(([name]) => name.trim() === "");
  if (nameless) return { error: t("\"{text}\" has no name", { text: nameless[1] }) };
  const byName = Map.groupBy(filled, ([name]) => name.trim());
  // A name that comes twice has several values, which the server takes where that makes sense.
  return { value: Object.fromEntries([...byName].map(([name, all]) => [name, all.length === 1 ? all[0]![1] : all.map(([, value]) => value)])) };
}

function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { error: t("not JSON: {reason}", { reason: (error as Error).message }) };
  }
}

function shown(field: Field, value: Json | undefined): Value {
  if (value === undefined || value === null) return field.when || field.kind === "flag" || field.kind === "choice" ? (field.initial ?? blank(field.kind)) : blank(field.kind);
  // An object in the place of a flag (TLS with its details) means yes.
  if (field.kind === "flag") return value !== false;
  if (field.kind === "pairs") return isObject(value) ? Object.entries(value).flatMap(([name, of]) => [of].flat().map((one) => [name, textOf(one)] as const)) : [];
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  if (field.kind === "list") return Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value);
  return typeof value === "string" ? value : JSON.stringify(value, null, field.kind === "area" ? 2 : 0);
}

function blank(kind: FieldKind): Value {
  if (kind === "flag") return false;
  return kind === "pairs" ? [] : "";
}
