/** Where checks can run from. */
import { homeLocation } from "#ports/queue";
import { locationsOf } from "#ports/series";
import type { AttachedCores, Core } from "./service.ts";

export interface KnownLocation extends AttachedCores {
  checks: number;
}

/** Where cores are, and what the checks of this tenant name: what others name is theirs alone. Home first, then by name. */
export function locationsKnown(core: Pick<Core, "attached" | "checksOf">, tenantId: string): KnownLocation[] {
  const known = new Map<string, KnownLocation>();
  for (const attached of core.attached()) known.set(attached.location, { ...attached, checks: 0 });
  for (const { check } of core.checksOf(tenantId)) {
    for (const location of locationsOf(check)) {
      const found = known.get(location) ?? { location, cores: 0, threads: 0, checks: 0 };
      known.set(location, { ...found, checks: found.checks + 1 });
    }
  }
  const rank = ({ location }: KnownLocation) => (location === homeLocation ? "" : location);
  return [...known.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
