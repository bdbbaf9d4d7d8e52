/**
 * One hash for one error of one check. Whatever differs between two occurrences of the same error is taken out of the
 * message first: "timed out after 1003 ms" and "timed out after 998 ms" are one error. Statuses stay, because
 * "status 500" and "status 404" are two.
 */
import { createHash } from "node:crypto";
import type { ErrorKind } from "./net/failure.ts";

/** Longer ones tell nothing more, and they may have been written by the target. */
const maxDetail = 2_000;

/** In this order: a later pattern would take a piece out of what an earlier one describes. */
const placeholders: [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/gi, "<time>"],
  [/\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, "<time>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(?:[a-z]{2,5}_)?[0-9A-HJKMNP-TV-Z]{26}\b/gi, "<id>"],
  [/\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d{1,5})?/gi, "<address>"],
  [/(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/gi, "<address>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, "<address>"],
  [/\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi, "<id>"],
  [/\b\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|m|h|d|seconds?|minutes?|hours?|days?)(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))*\b/gi, "<duration>"],
  [/(?<!\b(?:status|step|exit code) )-?\b\d+(?:\.\d+)?/g, "<number>"],
];

export function normaliseDetail(message: string): string {
  let detail = message.slice(0, maxDetail);
  for (const [pattern, placeholder] of placeholders) detail = detail.replace(pattern, placeholder);
  return detail.replace(/\s+/g, " ").trim();
}

export function errorHash(checkId: string, kind: ErrorKind, message: string): string {
  // Each part with its length, so that no two different triples read the same.
  const parts = [checkId, kind, normaliseDetail(message)];
  return createHash("sha256").update(parts.map((part) => `${part.length}:${part}`).join("|")).digest("hex");
}
