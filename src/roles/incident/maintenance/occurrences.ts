/**
 * When a window's occurrences begin. Each lasts its duration in real elapsed time: two hours are two hours, also in the night in which
 * the clocks change, because that is how long the work takes. Occurrences of one window may overlap; all are of one length, so
 * whether an instant is covered is decided by the newest that began before it.
 */
import { Cron } from "croner";
import { RRuleTemporal } from "rrule-temporal";
import { parseDuration } from "#kernel/settings";
import type { MaintenanceSchedule } from "#ports/maintenance";
import { instantOf, wallTimeOf } from "./zone.ts";

export interface Occurrences {
  durationMs: number;
  /** Begin of the first occurrence after an instant; Infinity when none comes. */
  nextStart(afterMs: number): number;
  /** Begin of the newest occurrence at or before an instant; -Infinity when there was none. */
  lastStart(atMs: number): number;
}

export function occurrencesOf(schedule: MaintenanceSchedule): Occurrences {
  if ("start" in schedule) return once(Date.parse(schedule.start), Date.parse(schedule.end));
  const durationMs = parseDuration(schedule.duration)!;
  if ("cron" in schedule) return { durationMs, ...cronStarts(schedule.cron, schedule.timezone) };
  return { durationMs, ...ruleStarts(schedule) };
}

type Starts = Pick<Occurrences, "nextStart" | "lastStart">;

function once(startMs: number, endMs: number): Occurrences {
  return {
    durationMs: endMs - startMs,
    nextStart: (afterMs) => (afterMs < startMs ? startMs : Number.POSITIVE_INFINITY),
    lastStart: (atMs) => (atMs >= startMs ? startMs : Number.NEGATIVE_INFINITY),
  };
}

function cronStarts(expression: string, timezone: string): Starts {
  const cron = new Cron(expression, { timezone, paused: true });
  return {
    nextStart: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY,
    // The search leaves out the second that it is given.
    lastStart: (atMs) => cron.previousRuns(1, new Date((Math.floor(atMs / 1_000) + 1) * 1_000))[0]?.getTime() ?? Number.NEGATIVE_INFINITY,
  };
}

type RuleSchedule = Extract<MaintenanceSchedule, { rrule: string }>;

/**
 * The rule is worked out on the wall clock, as if there were no zones, and each time then becomes an instant: so a change of clocks
 * moves an occurrence and never loses one.
 */
function ruleStarts(schedule: RuleSchedule): Starts {
  const { timezone } = schedule;
  const rule = wallRuleOf(schedule);
  const excluded = new Set(schedule.exdates?.map((local) => instantOf(local, timezone)));
  const instantAt = (wall: Temporal.ZonedDateTime) => instantOf(wall.toPlainDateTime(), timezone);
  const wallAt = (atMs: number, hours: number) => new Date(wallTimeOf(atMs, timezone).add({ hours }).toZonedDateTime("UTC").epochMilliseconds);

  return {
    nextStart(afterMs) {
      // Before it by more than any clock is ever set back, since an instant's wall time may come twice.
      for (let wall = rule.next(wallAt(afterMs, -furthestShiftH)); wall !== null; wall = rule.next(new Date(wall.epochMilliseconds))) {
        const startMs = instantAt(wall);
        if (startMs > afterMs && !excluded.has(startMs)) return startMs;
      }
      return Number.POSITIVE_INFINITY;
    },
    lastStart(atMs) {
      for (let wall = rule.previous(wallAt(atMs, furthestShiftH)); wall !== null; wall = rule.previous(new Date(wall.epochMilliseconds))) {
        const startMs = instantAt(wall);
        if (startMs <= atMs && !excluded.has(startMs)) return startMs;
      }
      return Number.NEGATIVE_INFINITY;
    },
  };
}

/** Samoa left out a whole day in 2011; no clock has been moved further. */
const furthestShiftH = 25;

/** In a zone without changes, so that its times are those of the wall. */
export function wallRuleOf({ rrule, dtstart, timezone }: Pick<RuleSchedule, "rrule" | "dtstart" | "timezone">): RRuleTemporal {
  const rruleString = rrule.replace(/^RRULE:/i, "").replace(/UNTIL=(\d{8}T\d{6})Z/i, (_, until: string) => `UNTIL=${localUntil(until, timezone)}`);
  return new RRuleTemporal({ rruleString, dtstart: Temporal.PlainDateTime.from(dtstart).toZonedDateTime("UTC") });
}

/** "until" with a Z is an instant, which is a time on the wall too. */
function localUntil(until: string, timezone: string): string {
  const local = wallTimeOf(Temporal.PlainDateTime.from(until).toZonedDateTime("UTC").epochMilliseconds, timezone);
  return `${local.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")}Z`;
}
