/** A month as a calendar shows it: whole weeks from Monday on, and what lasts on which of their days. */

export interface Lasting {
  start: string;
  end: string;
}

/** What is drawn of something on one day. */
export interface Bar<T> {
  of: T;
  /** It begins or ends on this day; else the bar runs on to the day beside it. */
  begins: boolean;
  ends: boolean;
}

export interface Month {
  year: number;
  /** From 0. */
  month: number;
}

/** Undefined when it is none: "2026-11". */
export function monthFrom(text: string): Month | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  return year === undefined ? undefined : { year: Number(year), month: Number(month) - 1 };
}

export function monthText({ year, month }: Month): string {
  return `${year}-${String(month + 1).padStart(2, "0")}`;
}

export function monthAt(at: Date): Month {
  return { year: at.getFullYear(), month: at.getMonth() };
}

export function shifted({ year, month }: Month, by: number): Month {
  return monthAt(new Date(year, month + by, 1));
}

/** The begin of each day, a week a row. A day of 23 or 25 hours is one day. */
export function weeksOf({ year, month }: Month): Date[][] {
  const before = (new Date(year, month, 1).getDay() + 6) % 7;
  const days = before + new Date(year, month + 1, 0).getDate();
  return Array.from({ length: Math.ceil(days / 7) }, (_, week) => Array.from({ length: 7 }, (_, day) => new Date(year, month, 1 - before + week * 7 + day)));
}

/** The begin of the first day and the end of the last. */
export function boundsOf(weeks: readonly Date[][]): { from: string; to: string } {
  const last = weeks.at(-1)!.at(-1)!;
  return { from: weeks[0]![0]!.toISOString(), to: dayAfter(last).toISOString() };
}

/** By day, what is drawn in which lane; something keeps its lane all week, so that its bar is one. */
export function barsOf<T extends Lasting>(week: readonly Date[], all: readonly T[]): (Bar<T> | undefined)[][] {
  const lanes: (Bar<T> | undefined)[][] = week.map(() => []);
  const touches = ({ start, end }: T, day: Date) => Date.parse(start) < dayAfter(day).getTime() && Date.parse(end) > day.getTime();
  for (const of of all.toSorted((a, b) => a.start.localeCompare(b.start) || b.end.localeCompare(a.end))) {
    const days = week.flatMap((day, index) => (touches(of, day) ? [index] : []));
    if (days.length === 0) continue;
    let lane = 0;
    while (days.some((index) => lanes[index]![lane] !== undefined)) lane++;
    for (const index of days) {
      const day = week[index]!;
      lanes[index]![lane] = { of, begins: Date.parse(of.start) >= day.getTime(), ends: Date.parse(of.end) <= dayAfter(day).getTime() };
    }
  }
  return lanes.map((ofDay) => Array.from(ofDay));
}

function dayAfter(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
}
