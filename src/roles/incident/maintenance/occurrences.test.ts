/** The begins of occurrences, against the clock on the wall. */
import { expect, test } from "bun:test";
import type { MaintenanceSchedule } from "#ports/maintenance";
import { beginsOn, changesOf, type TimeOfDay, wallsOf, zones } from "../../../testing/wall_clocks.ts";
import { type Occurrences, occurrencesOf } from "./occurrences.ts";

interface Case {
  name: string;
  schedule: (timezone: string) => MaintenanceSchedule;
  at: TimeOfDay;
}

const long = process.env["UPTIMEPING_TEST_LONG"] !== undefined;
const years = long ? { from: 2000, to: 2037 } : { from: 2010, to: 2011 };

/** Times of day that changes of clocks hit: midnight (Havana, Beirut), one minute later (St. John's), the usual ones; and noon. */
const minutes = long ? [0, 15, 90, 105, 120, 150, 165, 180, 720] : [0, 15, 105, 120, 165, 720];
const hhmm = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

const cases: Case[] = minutes.flatMap((minute) => [
  { name: `cron ${hhmm(minute)} daily`, schedule: (timezone) => ({ cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, duration: "1h", timezone }), at: { minute } },
  { name: `rrule ${hhmm(minute)} daily`, schedule: (timezone) => ({ rrule: "FREQ=DAILY", dtstart: `1999-12-01T${hhmm(minute)}`, duration: "1h", timezone }), at: { minute } },
  { name: `rrule ${hhmm(minute)} Sundays`, schedule: (timezone) => ({ rrule: "FREQ=WEEKLY;BYDAY=SU", dtstart: `1999-12-05T${hhmm(minute)}`, duration: "1h", timezone }), at: { minute, weekday: 0 } },
]);

function startsOf(occurrences: Occurrences, fromMs: number, toMs: number): number[] {
  const starts: number[] = [];
  for (let at = occurrences.nextStart(fromMs - 1); at < toMs; at = occurrences.nextStart(at)) starts.push(at);
  return starts;
}

test.each(zones)(
  `%s: cron and RRULE begin when the clock on the wall says so, ${years.from} to ${years.to}`,
  (timezone) => {
    for (const { fromMs, toMs } of changesOf(timezone, years.from, years.to)) {
      const walls = wallsOf(timezone, fromMs, toMs);
      for (const { name, schedule, at } of cases) {
        const occurrences = occurrencesOf(schedule(timezone));
        // Samoa had no 30 December 2011: cron has none then, a rule begins with the next day.
        const expected = beginsOn(walls, at, name.startsWith("cron") ? "never" : "begin");
        const shown = (starts: number[]) => ({ name, starts: starts.map((ms) => new Date(ms).toISOString()) });
        expect(shown(startsOf(occurrences, fromMs, toMs))).toEqual(shown(expected));
        for (const start of expected) {
          const found = [start, start + 59_999].map((atMs) => occurrences.lastStart(atMs));
          expect(found).toEqual([start, start]);
          expect(occurrences.lastStart(start - 1)).toBeLessThan(start);
        }
      }
    }
  },
  long ? 600_000 : 20_000,
);

const berlin = { duration: "2h", timezone: "Europe/Berlin" };
const iso = (atMs: number) => new Date(atMs).toISOString();

test("a rule keeps to its last time, whether that is said on the wall or as an instant, and leaves out its exceptions", () => {
  const rule = { rrule: "FREQ=DAILY;UNTIL=20260103T220000Z", dtstart: "2026-01-01T23:00", exdates: ["2026-01-02T23:00"], ...berlin };
  const starts = ["2026-01-01T22:00:00.000Z", "2026-01-03T22:00:00.000Z"];
  expect(startsOf(occurrencesOf(rule), 0, Date.UTC(2027, 0)).map(iso)).toEqual(starts);
  const local = { ...rule, rrule: "RRULE:FREQ=DAILY;COUNT=3" };
  expect(startsOf(occurrencesOf(local), 0, Date.UTC(2027, 0)).map(iso)).toEqual(starts);
  expect(occurrencesOf(local).lastStart(Date.UTC(2030, 0))).toBe(Date.UTC(2026, 0, 3, 22));
  expect(occurrencesOf(local).lastStart(0)).toBe(Number.NEGATIVE_INFINITY);
});

test("the last Sunday of the month, in a zone of the other half of the world", () => {
  const monthly = { rrule: "FREQ=MONTHLY;BYDAY=-1SU", dtstart: "2026-01-25T03:00", duration: "4h", timezone: "Australia/Sydney" };
  expect(startsOf(occurrencesOf(monthly), Date.UTC(2026, 0, 1), Date.UTC(2026, 3, 30)).map(iso)).toEqual([
    "2026-01-24T16:00:00.000Z",
    "2026-02-21T16:00:00.000Z",
    "2026-03-28T16:00:00.000Z",
    "2026-04-25T17:00:00.000Z",
  ]);
});
