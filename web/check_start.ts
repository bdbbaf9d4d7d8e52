/** What the editor of a check begins with: a kind, a URL, another check, or the check that is edited. */
import { draftOfCheck, newCheck, withPasted, type CheckDraft } from "./check_draft.ts";
import { kinds } from "./check_fields.ts";
import { t } from "./i18n.ts";
import { readPasted } from "./paste/pasted.ts";
import { isObject, textOf } from "./pointer.ts";
import type { Json, JsonObject } from "./types.ts";

export interface Start {
  draft: CheckDraft;
  /** What the document is written on top of: parts that no field shows stay as they are. */
  base: JsonObject;
  /** The check as it was read; undefined for a new one. */
  read: JsonObject | undefined;
  /** Secrets of the other check that nobody can copy. */
  lostSecrets: number;
}

export function startOfNew(query: URLSearchParams, zone: string): Start {
  const asked = query.get("type") ?? "http";
  const type = Object.hasOwn(kinds, asked) ? asked : "http";
  const draft = newCheck(type, zone);
  const pasted = readPasted(query.get("url") ?? "");
  // Who asked for a kind gets it, whatever the address looks like.
  const fits = pasted && (query.get("type") === null || pasted.type === type);
  return { draft: fits ? withPasted(draft, pasted.type, pasted.values) : draft, base: {}, read: undefined, lostSecrets: 0 };
}

export function startOfEdit(read: JsonObject, zone: string): Start {
  return { draft: draftOfCheck(read, zone), base: read, read, lostSecrets: 0 };
}

const ofTheOther = ["id", "version", "createdAt", "updatedAt", "tenantId", "pingUrl", "guarantee"];

export function startOfCopy(other: JsonObject, zone: string): Start {
  const lost = { count: 0 };
  // What is read as null is written by leaving it out.
  const kept = Object.fromEntries(Object.entries(other).filter(([name, value]) => !ofTheOther.includes(name) && value !== null));
  const base = { ...kept, target: withoutStars(kept["target"] ?? {}, lost), name: t("{name} (copy)", { name: textOf(other["name"]) }) };
  return { draft: draftOfCheck(base, zone), base, read: undefined, lostSecrets: lost.count };
}

/** "***" stands for a secret that the server keeps, and only for the check that it belongs to. */
function withoutStars(value: Json, lost: { count: number }): Json {
  if (Array.isArray(value)) return value.map((item) => withoutStars(item, lost));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (inner !== "***") return [[name, withoutStars(inner, lost)]];
      lost.count++;
      return [];
    }),
  );
}
