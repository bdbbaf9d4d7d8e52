/**
 * PostgreSQL keeps no NUL in text. What targets and jobs send may hold one, and must be on record all the same: it is kept as the picture of
 * a NUL. What is JSON needs none of this, which escapes it.
 */
export function withoutNul<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, typeof value === "string" ? value.replaceAll("\0", "\u2400") : value])) as T;
}
