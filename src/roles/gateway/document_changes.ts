/** What a change did to a document, place by place, for whoever asks later who did it. Secrets are masked in both, and stay so. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { pointerOf } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";

export interface DocumentChange {
  /** JSON pointer. */
  at: string;
  /** Left out where there was nothing, or where there is nothing now. */
  before?: unknown;
  after?: unknown;
  /** A secret took another value, which is not told. */
  secret?: true;
}

const masked = "***";
/** An entry of the audit log has 8 kB; what does not fit is counted. */
const mostChanges = 30;
const longestValue = 200;
/** Of the document as it is read: what follows from the rest, or from time. */
const derived = new Set(["/version", "/createdAt", "/updatedAt", "/pingUrl", "/guarantee", "/schedule/state", "/schedule/nextRunAt", "/schedule/lastRunAt", "/schedule/version"]);

/** `patch` is what was asked for: the only place where one sees that a secret was given anew. */
export function changesBetween(before: object, after: object, patch: JsonObject): { changes: DocumentChange[]; more?: number } {
  const found = [...differences(before as JsonObject, after as JsonObject, []), ...secretsIn(patch, after as JsonObject, [])];
  return { changes: found.slice(0, mostChanges), ...(found.length > mostChanges && { more: found.length - mostChanges }) };
}

function* differences(before: JsonValue | undefined, after: JsonValue | undefined, path: (string | number)[]): Generator<DocumentChange> {
  const at = pointerOf(path);
  if (derived.has(at) || Bun.deepEquals(before, after)) return;
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) yield* differences(before[name], after[name], [...path, name]);
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length && after.every(isObject)) {
    for (const [index, item] of after.entries()) yield* differences(before[index], item, [...path, index]);
  } else yield { at, ...(isThere(before) && { before: short(before) }), ...(isThere(after) && { after: short(after) }) };
}

function* secretsIn(patch: JsonValue | undefined, after: JsonValue | undefined, path: (string | number)[]): Generator<DocumentChange> {
  if (after === masked && typeof patch === "string" && patch !== masked) yield { at: pointerOf(path), secret: true };
  if (isObject(patch) && isObject(after)) for (const name of Object.keys(patch)) yield* secretsIn(patch[name], after[name], [...path, name]);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function short(value: unknown): unknown {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : value;
}
