/** JSON values that a hostile target sent: compared and shown without ever walking deeper than is useful. */
const maxDepth = 6;
const maxEntries = 50;
const maxText = 300;

/** The same value, cut to what a person can read. Stringifying it whole could take seconds, or overflow the stack. */
export function brief(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.length > maxText ? `${value.slice(0, maxText)}…` : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= maxDepth) return "…";
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((item) => brief(item, depth + 1));
  const shown: Record<string, unknown> = {};
  let count = 0;
  for (const key in value) {
    if (count++ >= maxEntries) break;
    Object.defineProperty(shown, key.slice(0, maxText), { value: brief((value as Record<string, unknown>)[key], depth + 1), enumerable: true });
  }
  return shown;
}

/** Equal as JSON; stops at the first difference, so it goes no deeper than the shallower of the two. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && deepEqual((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]));
}

/** Text as it is; anything else as short JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(brief(value)) ?? "");
}
