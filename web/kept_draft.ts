/**
 * A check that somebody is typing, kept for this tab until it is saved or given up: a reload loses nothing but secrets, which are
 * never written down here and must be typed again.
 */
import { withOwnKeys, type CheckDraft } from "./check_draft.ts";
import { fieldsOf, kinds } from "./check_fields.ts";
import { isObject } from "./pointer.ts";
import type { Draft, Field, Pair, Value } from "./fields.ts";
import type { Json } from "./types.ts";

const prefix = "uptimeping.draft.";

export interface KeptDraft {
  draft: CheckDraft;
  /** Something had to be left out. */
  hadSecrets: boolean;
}

/** As much of storage as this needs, so that tests bring their own. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function keepDraft(key: string, draft: CheckDraft, storage: DraftStorage = sessionStorage): void {
  const kept = withoutSecrets(draft);
  try {
    storage.setItem(prefix + key, JSON.stringify(kept));
  } catch {
    // Full, or switched off: what stands in the form is still there.
  }
}

export function dropDraft(key: string, storage: DraftStorage = sessionStorage): void {
  storage.removeItem(prefix + key);
}

/** On top of `begin`, which still has the stored secrets that read "***". */
export function keptDraft(key: string, begin: CheckDraft, storage: DraftStorage = sessionStorage): KeptDraft | undefined {
  const text = storage.getItem(prefix + key);
  if (text === null) return undefined;
  try {
    const read = JSON.parse(text) as Json;
    if (!isObject(read) || !isObject(read["draft"])) return undefined;
    const draft = read["draft"] as unknown as CheckDraft;
    if (!Object.hasOwn(kinds, draft.type) || !draft.values[draft.type] || !Array.isArray(draft.assertions)) return undefined;
    const values = Object.fromEntries(Object.entries(draft.values).map(([type, typed]) => [type, { ...begin.values[type], ...typed }]));
    return { draft: withOwnKeys({ ...draft, values }), hadSecrets: read["hadSecrets"] === true };
  } catch {
    return undefined;
  }
}

const secretName = /auth|cookie|token|secret|passw|api-?key|credential|session|signature|^x-.*key/i;

function withoutSecrets(draft: CheckDraft): KeptDraft {
  let hadSecrets = false;
  const clean = (field: Field, value: Value): Value | undefined => {
    const isSecret = field.kind === "secret" || field.kind === "file" || field.pointer.endsWith("/keyPem");
    if (isSecret && value !== "" && value !== "***") {
      hadSecrets = true;
      return undefined;
    }
    if (typeof value === "object") {
      const pairs = value.map(([name, of]): Pair => [name, secretName.test(name) && of !== "***" ? "" : of]);
      hadSecrets ||= pairs.some(([, of], index) => of !== value[index]![1]);
      return pairs;
    }
    if (typeof value !== "string") return value;
    const plain = withoutPassword(value);
    if (plain !== value) hadSecrets = true;
    return plain;
  };
  const values = Object.fromEntries(
    Object.entries(draft.values).map(([type, typed]): [string, Draft] => {
      const fields = new Map(fieldsOf(type).map((field) => [field.pointer, field]));
      const kept = Object.entries(typed).flatMap(([pointer, value]): [string, Value][] => {
        const field = fields.get(pointer);
        const cleaned = field && clean(field, value);
        return cleaned === undefined ? [] : [[pointer, cleaned]];
      });
      return [type, Object.fromEntries(kept)];
    }),
  );
  return { draft: { ...draft, values }, hadSecrets };
}

/** A password in a URL, and what reads like a secret in a body: `"password": "…"`, `token=…`. */
function withoutPassword(text: string): string {
  return text
    .replaceAll(/(:\/\/[^/\s:@]*:)[^/\s@]+@/g, "$1@")
    .replaceAll(/("[^"]*(?:passw|secret|token|api_?key)[^"]*"\s*:\s*")(?:[^"\\]|\\.)*"/gi, '$1"')
    .replaceAll(/(\b[\w-]*(?:passw|secret|token|api_?key)[\w-]*=)[^&\s"']+/gi, "$1");
}
