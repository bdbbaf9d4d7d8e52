/** A year of days as a heat map: one look says how good it was, every day says what happened. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../api.ts";
import { type Day, keyTo, touching, type Week, weeksOf } from "../calendar.ts";
import { type CheckMark, useIncidentMarks } from "../check_marks.ts";
import { ratio } from "../format.ts";
import { dates, plural, t } from "../i18n.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import type { Incident, Uptime } from "../types.ts";
import { Card, Loading, Trouble } from "./page.tsx";

const wholeDay = dates({ weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const monthName = dates({ month: "short", timeZone: "UTC" });
const weekdayName = dates({ weekday: "short", timeZone: "UTC" });
const monday = Date.UTC(2026, 0, 5);
const dayMs = 86_400_000;

interface CalendarProps {
  checkId: string;
  /** Shows a day in the chart. */
  onDay: (fromMs: number, toMs: number) => void;
}

export function AvailabilityCalendar({ checkId, onDay }: CalendarProps) {
  const path = `/checks/${checkId}/uptime?window=365d`;
  const loaded = useLoad(path, (signal) => get<Uptime>(path, signal));
  useRefresh(loaded.reload, 10 * figuresMs);
  const weeks = useMemo(() => weeksOf(loaded.data?.buckets ?? []), [loaded.data]);
  const incidents = useIncidentMarks(checkId);
  return (
    <Card title={t("A year, day by day")} aside={<Key />}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the calendar")} />}
      {weeks.length > 0 && <Year weeks={weeks} incidents={incidents} onDay={onDay} />}
    </Card>
  );
}

function Key() {
  const tones = [
    ["none", t("no data")],
    ["up", "100 %"],
    ["flaw", "≥ 99.9 %"],
    ["bad", "≥ 95 %"],
    ["worst", "< 95 %"],
    ["maintenance", t("maintenance")],
  ] as const;
  return (
    <ul class="legend calendar-key" aria-hidden="true">
      {tones.map(([tone, name]) => (
        <li key={tone} class="quiet">
          <span class={`day day-${tone}`} /> {name}
        </li>
      ))}
    </ul>
  );
}

function Year({ weeks, incidents, onDay }: { weeks: readonly Week[]; incidents: readonly CheckMark[]; onDay: CalendarProps["onDay"] }) {
  const days = useMemo(() => weeks.flatMap((week) => week.days).filter((day) => day !== undefined), [weeks]);
  const [chosen, setChosen] = useState(days.length - 1);
  const [open, setOpen] = useState(false);
  const grid = useRef<HTMLTableElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const index = Math.min(chosen, days.length - 1);
  const firstMs = days[0]!.atMs;
  // Where there is no room for a year, the newest days are seen first.
  useEffect(() => scroll.current?.scrollTo({ left: scroll.current.scrollWidth }), []);
  const choose = (to: number, isFocused: boolean) => {
    setChosen(to);
    setOpen(true);
    if (isFocused) grid.current?.querySelector<HTMLElement>(`[data-day="${to}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const to = keyTo(event.key, index, { count: days.length, atMs: days[index]!.atMs });
    if (to !== undefined) choose(to, true);
    else if (event.key === "Enter" || event.key === " ") onDay(days[index]!.atMs, days[index]!.atMs + dayMs);
    else return;
    event.preventDefault();
  };
  const cell = (day: Day | undefined) => day && <DayCell day={day} index={Math.round((day.atMs - firstMs) / dayMs)} chosen={index} incidents={touching(incidents, day.atMs).length} choose={choose} />;
  return (
    <>
      <div class="calendar-scroll" ref={scroll}>
        <table ref={grid} class="calendar" role="grid" aria-label={t("Uptime of each day; arrow keys move, Enter shows the day in the chart")} onKeyDown={onKey}>
          <thead>
            <tr>
              <td />
              {weeks.map(({ month }, week) => (
                <th key={week} scope="col">
                  {month !== undefined && <span>{monthName.format(Date.UTC(2026, month, 15))}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: 7 }, (_, weekday) => (
              <tr key={weekday}>
                <th scope="row">{weekday % 2 === 0 ? weekdayName.format(monday + weekday * dayMs) : <span class="hidden">{weekdayName.format(monday + weekday * dayMs)}</span>}</th>
                {weeks.map(({ days: ofWeek }, week) => (
                  <td key={week}>{cell(ofWeek[weekday])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <DayFacts day={open ? days[index] : undefined} incidents={incidents} onDay={onDay} />
    </>
  );
}

interface DayCellProps {
  day: Day;
  index: number;
  chosen: number;
  incidents: number;
  choose: (index: number, isFocused: boolean) => void;
}

function DayCell({ day, index, chosen, incidents, choose }: DayCellProps) {
  return (
    <button
      type="button"
      class={`day day-${day.tone}`}
      data-day={index}
      tabIndex={index === chosen ? 0 : -1}
      aria-label={[wholeDay.format(day.atMs), ...factsOf(day, incidents)].join(", ")}
      aria-current={index === chosen ? "date" : undefined}
      onClick={() => choose(index, false)}
      onPointerEnter={(event) => event.pointerType === "mouse" && choose(index, false)}
      onFocus={() => choose(index, false)}
    />
  );
}

function factsOf({ bucket }: Day, incidents: number): string[] {
  const { down, up, missed, maintenance } = bucket;
  return [
    bucket.ratio === null ? t("no data") : ratio(bucket.ratio),
    down > 0 && t("{down} of {count} runs failed", { down, count: up + down }),
    incidents > 0 && plural(incidents, "{count} incident", "{count} incidents"),
    missed > 0 && plural(missed, "{count} missed", "{count} missed"),
    maintenance > 0 && t("{count} in maintenance", { count: maintenance }),
  ].filter((fact) => fact !== false);
}

/** The line is there before anything stands in it, so that nothing below it moves. */
function DayFacts({ day, incidents, onDay }: { day: Day | undefined; incidents: readonly CheckMark[]; onDay: CalendarProps["onDay"] }) {
  if (!day) return <p class="readout quiet">{t("Choose a day to see what happened. Days are those of UTC.")}</p>;
  const ofDay = touching(incidents, day.atMs).flatMap(({ incident }) => incident ?? []);
  return (
    <p class="readout">
      <b>{wholeDay.format(day.atMs)}</b>
      <span>{factsOf(day, ofDay.length).join(", ")}</span>
      {ofDay.slice(0, 3).map((incident) => (
        <a key={incident.id} href={`/incidents/${incident.id}`}>
          {timeOf(incident)}
        </a>
      ))}
      <button type="button" class="small" onClick={() => onDay(day.atMs, day.atMs + dayMs)}>
        {t("Show in the chart")}
      </button>
    </p>
  );
}

const clock = dates({ hour: "2-digit", minute: "2-digit" });

function timeOf({ startedAt }: Incident): string {
  return t("incident at {time}", { time: clock.format(Date.parse(startedAt)) });
}
