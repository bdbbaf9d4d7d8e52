/**
 * A check at one location is a series: a run, a result and a missed slot belong to exactly one. Its id is that of the check at the home
 * location and `chk_…@eu-1` elsewhere, so that with one location nothing is kept but the check's own id.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { homeLocation } from "./queue.ts";

const separator = "@";

/** A message of an earlier version names no location: it is of home. */
export function seriesOf(checkId: string, location: string): string {
  return location === homeLocation || location === "" ? checkId : `${checkId}${separator}${location}`;
}

export function checkIdOf(series: string): string {
  const at = series.indexOf(separator);
  return at < 0 ? series : series.slice(0, at);
}

export function locationOf(series: string): string {
  const at = series.indexOf(separator);
  return at < 0 ? homeLocation : series.slice(at + 1);
}

const home: readonly string[] = [homeLocation];

/** Where a check runs, in the order of naming; one that was saved by an earlier version names none and runs at home. */
export function locationsOf({ locations }: Pick<Check, "locations">): readonly string[] {
  return locations.length === 0 ? home : locations;
}

/** The one whose results stand for the check where there is room for one: home, or else the first that is named. */
export function leadingLocation({ locations }: Pick<Check, "locations">): string {
  return locations.length === 0 || locations.includes(homeLocation) ? homeLocation : locations[0]!;
}
