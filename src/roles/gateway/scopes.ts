/** What an API key may be narrowed to. Writing includes reading. */
const nouns = [
  "account",
  "api_keys",
  "audit",
  "channels",
  "checks",
  "dead_letters",
  "events",
  "forge",
  "incidents",
  "maintenance",
  "members",
  "notifications",
  "probe",
  "routes",
  "schedules",
  "silences",
  "status_pages",
  "system",
  "tenants",
] as const;

export type Scope = `${(typeof nouns)[number]}:${"read" | "write"}`;

export const scopes: readonly Scope[] = nouns.flatMap((noun) => [`${noun}:read`, `${noun}:write`] as const);

/** No scopes: all that the role allows. */
export function grants(held: readonly string[], wanted: string): boolean {
  if (held.length === 0) return true;
  return held.includes(wanted) || (wanted.endsWith(":read") && held.includes(wanted.replace(/:read$/, ":write")));
}

/** Whether `wanted` reaches nowhere that `held` does not. */
export function within(held: readonly string[], wanted: readonly string[]): boolean {
  return held.length === 0 || (wanted.length > 0 && wanted.every((scope) => grants(held, scope)));
}
