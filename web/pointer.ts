/** JSON pointers (RFC 6901) and merge patches (RFC 7396): how a form, a document and the server's complaints meet. */
import type { FieldError, Json, JsonObject } from "./types.ts";

function partsOf(pointer: string): string[] {
  return pointer === "" ? [] : pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function read(document: Json, pointer: string): Json | undefined {
  let found: Json | undefined = document;
  for (const part of partsOf(pointer)) {
    if (!isObject(found)) return undefined;
    found = found[part];
  }
  return found;
}

/** Sets a value in place, making the objects on the way; undefined removes it and the objects it leaves empty. */
export function write(document: JsonObject, pointer: string, value: Json | undefined): void {
  const parts = partsOf(pointer);
  const last = parts.pop()!;
  const way: [JsonObject, string][] = [];
  let at = document;
  for (const part of parts) {
    if (!isObject(at[part])) {
      if (value === undefined) return;
      at[part] = {};
    }
    way.push([at, part]);
    at = at[part] as JsonObject;
  }
  if (value !== undefined) {
    at[last] = value;
    return;
  }
  delete at[last];
  for (const [parent, part] of way.reverse()) if (Object.keys(parent[part] as JsonObject).length === 0) delete parent[part];
}

/** What must be sent so that `before` becomes `after`: only what changed, null for what is gone. */
export function mergePatch(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(before)) if (after[key] === undefined && before[key] !== undefined) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isObject(value) && isObject(old)) {
      const inner = mergePatch(old, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!same(old, value)) patch[key] = value;
  }
  return patch;
}

/** A value of a document as text: a string as it is, nothing as "", anything else as JSON. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export interface SortedErrors {
  /** Messages by the pointer of the field that shows them. */
  at: Map<string, string[]>;
  /** Complaints about something no field stands for. */
  rest: FieldError[];
}

/** Gives every complaint to the field it is about, or to the nearest one above it: `/target/headers/X-A` to the headers. */
export function sortErrors(errors: readonly FieldError[], fields: readonly string[]): SortedErrors {
  const sorted: SortedErrors = { at: new Map(), rest: [] };
  for (const error of errors) {
    const field = nearest(error.pointer, fields);
    if (field === undefined) sorted.rest.push(error);
    else {
      const inside = partsOf(error.pointer.slice(field.length)).join(".");
      const message = inside ? `${inside}: ${error.message}` : error.message;
      sorted.at.set(field, [...(sorted.at.get(field) ?? []), message]);
    }
  }
  return sorted;
}

/** The same place or one inside it. */
export function isUnder(pointer: string, place: string): boolean {
  return pointer === place || pointer.startsWith(`${place}/`);
}

/** All that is wrong at a place and inside it. */
export function messagesUnder(place: string, errors: SortedErrors["at"]): string[] {
  return [...errors].filter(([pointer]) => isUnder(pointer, place)).flatMap(([, messages]) => messages);
}

function nearest(pointer: string, fields: readonly string[]): string | undefined {
  const above = fields.filter((field) => pointer === field || (field !== "" && isUnder(pointer, field)));
  return above.sort((a, b) => b.length - a.length)[0];
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => same(a[key], b[key]));
  }
  return a === b;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
