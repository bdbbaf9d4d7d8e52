/**
 * Where each check runs, when it runs at several locations: a check that begins to fail at one of them must not be taken for one that
 * has no other. A check of an earlier version does not name its locations: of those something is kept once results of more than one were heard.
 * Of a check with one location nothing is.
 */
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import type { LocationState } from "#ports/incidents";
import { quietLocation } from "./locations.ts";

export interface Roster {
  heard(body: CheckResult): void;
  /** Whether more than one location was ever heard of, of checks that do not name theirs. */
  hasSeveral(): boolean;
  /** Where a check was good lately. */
  of(checkId: string): LocationState[];
  forget(beforeMs: number): void;
}

/** `known` are locations that an earlier process has heard of. */
export function createRoster(known: Iterable<string> = []): Roster {
  let [first] = known;
  let areSeveral = new Set(known).size > 1;
  const byCheck = new Map<string, Map<string, { sequence: number; atMs: number }>>();
  return {
    heard({ check, location, sequence, startedAtMs }) {
      const named = check!.locations.length;
      // One that says that it has no other location can be taken for nothing else.
      if (named === 1 || (named === 0 && !areSeveral && location === first)) return;
      if (named === 0) {
        first ??= location;
        areSeveral ||= location !== first;
        if (!areSeveral) return;
      }
      const places = byCheck.get(check!.id) ?? new Map<string, { sequence: number; atMs: number }>();
      places.set(location, { sequence, atMs: startedAtMs });
      byCheck.set(check!.id, places);
    },
    hasSeveral: () => areSeveral,
    of: (checkId) =>
      [...(byCheck.get(checkId) ?? [])].map(([location, { sequence, atMs }]) => ({ ...quietLocation(location), lastSequence: sequence, lastRunAtMs: Math.round(atMs) })),
    forget(beforeMs) {
      for (const [checkId, places] of byCheck) {
        for (const [location, { atMs }] of places) if (atMs < beforeMs) places.delete(location);
        if (places.size === 0) byCheck.delete(checkId);
      }
    },
  };
}
