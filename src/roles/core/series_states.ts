/** The states of all checks, one a series. A check that runs at home alone costs one entry and one look-up. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { checkIdOf, leadingLocation, locationsOf, seriesOf } from "#ports/series";
import { newState, type CheckState } from "./check_state.ts";

export interface SeriesStates {
  add(state: CheckState): void;
  /** Made when it is new. */
  of(check: Check, location: string): CheckState;
  /** Where its newest results stand for the check: at home, or else at the first location. */
  leading(check: Check): CheckState;
  /** At each location that the check names, in that order. */
  ofAll(check: Check): CheckState[];
  /** False once its check was forgotten. */
  isCurrent(state: CheckState): boolean;
  checkIds(): Iterable<string>;
  /** Gives what there was, of locations that the check names no longer, too. */
  forget(checkId: string): CheckState[];
}

export function createStates(): SeriesStates {
  const states = new Map<string, CheckState>();
  /** The series of a check elsewhere than at home. */
  const elsewhere = new Map<string, string[]>();

  const add = (state: CheckState) => {
    states.set(state.checkId, state);
    const checkId = checkIdOf(state.checkId);
    if (checkId === state.checkId) return;
    const known = elsewhere.get(checkId);
    if (known) known.push(state.checkId);
    else elsewhere.set(checkId, [state.checkId]);
  };

  const of = (check: Check, location: string): CheckState => {
    const series = seriesOf(check.id, location);
    const known = states.get(series);
    if (known) return known;
    const state = newState(check.tenantId, series);
    // A location may have been added long after the schedule was made: what came before the check named it was not its to run.
    if (series !== check.id || check.locations.length > 1) state.latestMs = Math.floor(check.updatedAtMs);
    add(state);
    return state;
  };

  return {
    add,
    of,
    leading: (check) => of(check, leadingLocation(check)),
    ofAll: (check) => locationsOf(check).map((location) => of(check, location)),
    isCurrent: (state) => states.get(state.checkId) === state,
    *checkIds() {
      for (const [series] of states) if (checkIdOf(series) === series) yield series;
      yield* elsewhere.keys();
    },
    forget(checkId) {
      const series = [checkId, ...(elsewhere.get(checkId) ?? [])];
      const known = series.flatMap((id) => states.get(id) ?? []);
      for (const id of series) states.delete(id);
      elsewhere.delete(checkId);
      return known;
    },
  };
}

/** A location as it is asked for: of a check, all that it names when none is given. */
export function seriesAsked(check: Pick<Check, "id" | "locations">, location: string): string[] {
  return location === "" ? locationsOf(check).map((each) => seriesOf(check.id, each)) : [seriesOf(check.id, location)];
}
