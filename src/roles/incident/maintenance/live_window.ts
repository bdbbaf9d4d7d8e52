/** A window made ready to be asked. It is asked for every failing run, so nothing is worked out twice. */
import type { MaintenanceWindow } from "#ports/maintenance";
import { compileMatchers, type Selects } from "#ports/matchers";
import { type Occurrences, occurrencesOf } from "./occurrences.ts";

export interface Occurrence {
  startMs: number;
  /** Not included. */
  endMs: number;
}

export interface LiveWindow {
  window: MaintenanceWindow;
  selects: Selects;
  /** The occurrence that lasts at an instant. */
  occurrenceAt(atMs: number): Occurrence | undefined;
  /** The first occurrence that begins after an instant; undefined when none comes. */
  nextAfter(atMs: number): Occurrence | undefined;
}

export function createLiveWindow(window: MaintenanceWindow): LiveWindow {
  const occurrences = occurrencesOf(window.schedule);
  const newest = createNewest(occurrences);
  const occurrenceFrom = (startMs: number): Occurrence | undefined => {
    if (!Number.isFinite(startMs)) return undefined;
    const endMs = startMs + occurrences.durationMs;
    return { startMs, endMs: startMs <= window.endedAtMs ? Math.min(endMs, window.endedAtMs) : endMs };
  };
  return {
    window,
    selects: compileMatchers(window.matchers),
    occurrenceAt(atMs) {
      if (!window.enabled) return undefined;
      const occurrence = occurrenceFrom(newest(atMs));
      return occurrence && atMs < occurrence.endMs ? occurrence : undefined;
    },
    nextAfter: (atMs) => (window.enabled ? occurrenceFrom(occurrences.nextStart(atMs)) : undefined),
  };
}

/** Between which begins the instants lie that were asked about. Runs come nearly in order, so that two stretches are all that is ever needed. */
function createNewest(occurrences: Occurrences): (atMs: number) => number {
  const stretches: Occurrence[] = [];
  return (atMs) => {
    const known = stretches.find(({ startMs, endMs }) => atMs >= startMs && atMs < endMs);
    if (known) return known.startMs;
    const startMs = occurrences.lastStart(atMs);
    stretches.unshift({ startMs, endMs: occurrences.nextStart(atMs) });
    stretches.length = Math.min(stretches.length, 2);
    return startMs;
  };
}
