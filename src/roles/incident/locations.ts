/** What each location says of a check, and what they say together. Pure. */
import { freshForAtLeastMs, freshForPeriods } from "#ports/detection_bound";
import type { CheckState, LocationState, StreakCause } from "#ports/incidents";
import { neededOf, type Quorum } from "#ports/quorum";
import { merge } from "./causes.ts";
import { withGoodRunsInHistory } from "./flapping.ts";

export function quietLocation(location: string): LocationState {
  return {
    location,
    lastSequence: 0,
    lastRunAtMs: 0,
    gapsMs: [],
    missed: 0,
    failures: 0,
    firstFailureAtMs: 0,
    goods: 0,
    firstGoodAtMs: 0,
    streak: [],
    down: false,
    history: 0,
    flapping: false,
  };
}

export function locationIn(state: CheckState, location: string): LocationState {
  return state.locations.find((each) => each.location === location) ?? quietLocation(location);
}

/** The run happened, whatever it says: gives the state that has seen it. */
export function withRunSeen(state: CheckState, run: { location: string; sequence: number; startedAtMs: number }): CheckState {
  const here = locationIn(state, run.location);
  const history = here.failures === 0 ? withSkippedRuns(here, run.startedAtMs) : here.history;
  const seen: LocationState = { ...here, history, lastSequence: run.sequence, lastRunAtMs: run.startedAtMs, missed: 0, gapsMs: gapsAfter(here, run.startedAtMs) };
  const others = state.locations.filter((each) => each.location !== run.location).map((each) => ({ ...each, missed: each.missed + 1 }));
  return { ...state, locations: [...others, seen] };
}

/** Good runs of a quiet check are not written down: after a restart they are missing, and are counted as what they were. */
export function withSkippedRuns(here: LocationState, startedAtMs: number): number {
  const period = periodOf(here);
  const skipped = period === 0 ? 0 : Math.floor((startedAtMs - here.lastRunAtMs) / period) - 1;
  return withGoodRunsInHistory(here.history, Math.max(0, skipped));
}

export function withLocation(state: CheckState, location: LocationState): CheckState {
  return { ...state, locations: state.locations.map((each) => (each.location === location.location ? location : each)) };
}

export function gapsAfter({ gapsMs, lastRunAtMs }: LocationState, startedAtMs: number): number[] {
  // A clock that was set back, and a first run, have no distance to the one before.
  const gap = lastRunAtMs === 0 ? 0 : startedAtMs - lastRunAtMs;
  return gap > 0 ? [...gapsMs.slice(-2), gap] : gapsMs;
}

/** 0 while it is not known. */
function periodOf({ gapsMs: [a = 0, b = 0, c] }: LocationState): number {
  const [shorter, longer] = a < b ? [a, b] : [b, a];
  // The median of three, the longer of two.
  return c === undefined ? longer : Math.max(shorter, Math.min(longer, c));
}

/** Of a check, from the location that knows. */
export function periodOfCheck(state: CheckState): number {
  return Math.max(0, ...state.locations.map(periodOf));
}

/**
 * A location that was silent for long has no say. Both must agree, the times and the count of what others did since, or a clock that
 * was set would make every other location look silent.
 */
function freshLocations(state: CheckState, atMs: number): LocationState[] {
  const { locations } = state;
  if (locations.length === 1) return locations;
  const period = periodOfCheck(state);
  const others = locations.length - 1;
  return locations.filter((each) => {
    const limitMs = Math.max(freshForAtLeastMs, freshForPeriods * (periodOf(each) || period));
    return Math.abs(atMs - each.lastRunAtMs) <= limitMs || each.missed < 2 * others;
  });
}

/** Who says what, as people are told. `atMs` is when the newest run began. */
export function wordsOf(state: CheckState, atMs: number): { locationsDown: string[]; locationsUp: string[] } {
  const fresh = freshLocations(state, atMs);
  return {
    locationsDown: fresh.filter((each) => each.down).map((each) => each.location),
    locationsUp: fresh.filter((each) => each.failures === 0 && !each.down).map((each) => each.location),
  };
}

/** A location that the check names no longer has no say. One of an earlier version names none, and then whoever reports has. */
export function withNamedOnly(state: CheckState, named: readonly string[]): CheckState {
  if (named.length === 0 || state.locations.every((each) => named.includes(each.location))) return state;
  return { ...state, locations: state.locations.filter((each) => named.includes(each.location)) };
}

export interface Verdict {
  fresh: LocationState[];
  down: LocationState[];
  /** How many must be down. */
  needed: number;
}

export function verdictOf(state: CheckState, atMs: number, quorum: Quorum): Verdict {
  const fresh = freshLocations(state, atMs);
  return { fresh, down: fresh.filter((each) => each.down), needed: neededOf(quorum, fresh.length) };
}

/** When so many were failing that it became an outage: what one location alone has seen for days is not its beginning. */
export function outageStart({ down, needed }: Verdict): number {
  const starts = down.map((each) => each.firstFailureAtMs).sort((a, b) => a - b);
  return starts[Math.min(needed, starts.length) - 1]!;
}

/** When the last of them became good, or was last heard of. */
export function outageEnd(state: CheckState, { fresh }: Verdict): number {
  const ends = state.locations.map((each) => {
    if (!fresh.includes(each)) return each.down ? each.lastRunAtMs : 0;
    return each.down ? 0 : each.firstGoodAtMs;
  });
  return Math.max(...ends);
}

export function streakOf(locations: LocationState[]): StreakCause[] {
  return locations.reduce<StreakCause[]>((all, each) => (all.length === 0 ? each.streak : merge(all, each.streak)), []);
}
