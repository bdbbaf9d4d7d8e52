/** Values whose order means nothing, such as the records of a DNS answer or the names of a certificate, compared as sets. */
import type { Operator } from "#ports/assertion_language";

export interface SetComparison {
  op: Operator;
  expected: unknown;
  /** Whether one of the items fits the pattern. */
  fitsOne(items: string[]): boolean;
  /** `contains` means one whole item: part of a name is another name. */
  isOfWhole: boolean;
}

/** Undefined for an operator that treats a set like any other value. */
export function holdsOfSet(actual: unknown, { op, expected, fitsOne, isOfWhole }: SetComparison): boolean | undefined {
  switch (op) {
    case "eq":
      return isSameSet(actual, expected);
    case "ne":
      return !isSameSet(actual, expected);
    case "matches":
      return fitsOne(itemsOf(actual));
    case "not_matches":
      return !fitsOne(itemsOf(actual));
    case "contains":
      return isOfWhole ? itemsOf(actual).includes(String(expected)) : undefined;
    case "not_contains":
      return isOfWhole ? !itemsOf(actual).includes(String(expected)) : undefined;
    default:
      return undefined;
  }
}

/** The texts of an actual or expected value: a list, one item, or none at all. */
function itemsOf(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** No value at all, as of a name that does not exist, is not the same as an empty set. */
function isSameSet(actual: unknown, expected: unknown): boolean {
  if (actual === undefined) return false;
  const found = new Set(itemsOf(actual));
  const wanted = new Set(itemsOf(expected));
  return found.size === wanted.size && [...wanted].every((item) => found.has(item));
}

/** "records: missing 192.0.2.2, unexpected 192.0.2.9". */
export function differenceText(subject: string, op: Operator, actual: unknown, expected: unknown): string {
  const found = itemsOf(actual);
  const wanted = itemsOf(expected);
  if (op === "ne") return wanted.length === 0 ? `${subject}: the answer holds none of this type` : `${subject} are ${listText(found)}, expected others`;
  const missing = wanted.filter((item) => !found.includes(item));
  const unexpected = found.filter((item) => !wanted.includes(item));
  const parts = [missing.length > 0 ? `missing ${listText(missing)}` : "", unexpected.length > 0 ? `unexpected ${listText(unexpected)}` : ""];
  return `${subject}: ${parts.filter((part) => part !== "").join(", ") || "there is no such name"}`;
}

function listText(items: string[]): string {
  const shown = items.slice(0, 10).map((item) => (item.length > 100 ? `${item.slice(0, 100)}…` : item));
  return items.length > shown.length ? `${shown.join(", ")} and ${items.length - shown.length} more` : shown.join(", ");
}
