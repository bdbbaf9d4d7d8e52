/**
 * Which check it is that kills the thread that runs it. When a thread dies with many runs nobody knows whose fault it was: each of their
 * checks is suspected, and runs alone until a run of it has come back. A check that was running at three deaths in a row is held:
 * it is not run any more until somebody changes it, so that the others go on undisturbed.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";

export interface Quarantine {
  isSuspect(check: Check): boolean;
  isHeld(check: Check): boolean;
  /** Its thread died; true when that was once too often. */
  died(check: Check): boolean;
  /** A run came back: whatever killed the thread, it was not this check. */
  survived(check: Check): void;
  forget(checkId: string): void;
  /** Ids of the checks that are held. */
  held(): string[];
}

export const mostDeaths = 3;

export function createQuarantine(): Quarantine {
  const suspects = new Map<string, { version: Check["version"]; deaths: number }>();
  const deathsOf = ({ id, version }: Check): number => {
    const suspect = suspects.size > 0 ? suspects.get(id) : undefined;
    return suspect?.version === version ? suspect.deaths : 0;
  };
  return {
    isSuspect: (check) => suspects.size > 0 && deathsOf(check) > 0,
    isHeld: (check) => suspects.size > 0 && deathsOf(check) >= mostDeaths,
    died(check) {
      const deaths = deathsOf(check) + 1;
      suspects.set(check.id, { version: check.version, deaths });
      return deaths === mostDeaths;
    },
    survived: ({ id }) => void suspects.delete(id),
    forget: (checkId) => void suspects.delete(checkId),
    held: () => [...suspects].flatMap(([id, { deaths }]) => (deaths >= mostDeaths ? [id] : [])),
  };
}
