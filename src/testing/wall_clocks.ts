/** The clock on the wall of many places, from the platform's formatter and nothing that the product uses. */

/** Every odd habit there is: half an hour of summer time, a day left out, summer time that Ramadan interrupts, changes at midnight. */
export const zones = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/St_Johns",
  "America/Havana",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Asia/Kathmandu",
  "Asia/Beirut",
  "Asia/Tehran",
];

interface Wall {
  atMs: number;
  /** "2026-03-29" */
  date: string;
  /** After midnight. */
  minute: number;
  /** 0 is Sunday. */
  weekday: number;
}

export interface TimeOfDay {
  /** After midnight, on the wall. */
  minute: number;
  /** 0 is Sunday; undefined is every day. */
  weekday?: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** What the clock showed at each minute of a range, and one minute before it. */
export function wallsOf(timezone: string, fromMs: number, toMs: number): Wall[] {
  const walls: Wall[] = [];
  for (let atMs = fromMs - minuteMs; atMs < toMs; atMs += minuteMs) {
    const local = new Date(atMs + offsetAt(atMs, timezone));
    walls.push({ atMs, date: local.toISOString().slice(0, 10), minute: local.getUTCHours() * 60 + local.getUTCMinutes(), weekday: local.getUTCDay() });
  }
  return walls;
}

/**
 * When something that happens once a day begins: when the wall first shows its time, or has jumped over it. Walks through the minutes
 * and knows nothing of rules. A day that the calendar of a place left out as a whole counts with the next one, if at all.
 */
export function beginsOn(walls: readonly Wall[], { minute, weekday }: TimeOfDay, leftOutDays: "begin" | "never"): number[] {
  const begins: number[] = [];
  let done = "";
  for (const [i, now] of walls.entries()) {
    const before = walls[i - 1];
    if (!before) continue;
    for (const day of daysBetween(before, now)) {
      const wasDue = day.date < before.date || (day.date === before.date && before.minute >= minute);
      const isDue = day.date < now.date || now.minute >= minute;
      const isLeftOut = day.date > before.date && day.date < now.date;
      if (!isDue || wasDue || day.date <= done || (isLeftOut && leftOutDays === "never")) continue;
      done = day.date;
      if ((weekday === undefined || day.weekday === weekday) && begins.at(-1) !== now.atMs) begins.push(now.atMs);
    }
  }
  return begins;
}

function daysBetween(before: Wall, now: Wall): Pick<Wall, "date" | "weekday">[] {
  if (before.date >= now.date) return [now];
  const days: Pick<Wall, "date" | "weekday">[] = [];
  for (let at = Date.parse(before.date); at <= Date.parse(now.date); at += dayMs) days.push({ date: new Date(at).toISOString().slice(0, 10), weekday: new Date(at).getUTCDay() });
  return days;
}

/** The days on which a clock was moved, each as the range of it and two more on either side; one quiet range for a place that never does. */
export function changesOf(timezone: string, fromYear: number, toYear: number): { fromMs: number; toMs: number }[] {
  const changes: { fromMs: number; toMs: number }[] = [];
  for (let day = Date.UTC(fromYear, 0, 1); day < Date.UTC(toYear + 1, 0, 1); day += dayMs) {
    if (offsetAt(day, timezone) !== offsetAt(day + dayMs, timezone)) changes.push({ fromMs: day - 2 * dayMs, toMs: day + 3 * dayMs });
  }
  return changes.length > 0 ? changes : [{ fromMs: Date.UTC(fromYear, 5, 1), toMs: Date.UTC(fromYear, 5, 5) }];
}

/** Local minus UTC. */
function offsetAt(atMs: number, timezone: string): number {
  const parts = Object.fromEntries(formatterOf(timezone).formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"], parts["hour"], parts["minute"]) - atMs;
}

function formatterOf(timezone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-u-hc-h23", { timeZone: timezone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
    formatters.set(timezone, formatter);
  }
  return formatter;
}
