/** The month of maintenance: every window as a bar over the days on which it lasts. */
import { useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { exactTime } from "../format.ts";
import { dates, plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { barsOf, boundsOf, monthAt, monthFrom, monthText, shifted, weeksOf, type Bar } from "../month.ts";
import { keepInAddress, place } from "../router.ts";
import { useKeys } from "../shortcuts.ts";
import { useNow } from "../store.ts";
import type { MaintenanceWindow } from "../types.ts";
import { Icon } from "./icon.tsx";
import { Trouble } from "./page.tsx";

interface Occurrence {
  windowId: string;
  start: string;
  end: string;
}

const monthName = dates({ month: "long", year: "numeric" });
const dayName = dates({ weekday: "long", day: "numeric", month: "long" });
const weekdayName = dates({ weekday: "short" });
const clock = dates({ hour: "2-digit", minute: "2-digit" });
/** More are counted. */
const mostLanes = 4;

export function MaintenanceCalendar({ windows }: { windows: readonly MaintenanceWindow[] }) {
  const now = useNow();
  const today = monthAt(new Date(now));
  const [month, setMonth] = useState(() => monthFrom(place.get().query.get("month") ?? "") ?? today);
  const weeks = weeksOf(month);
  const bounds = boundsOf(weeks);
  const round = windows.map(({ id, version, activeUntil }) => `${id} ${version} ${activeUntil}`).join();
  const loaded = useLoad(`${bounds.from} ${round}`, (signal) => get<{ items: Occurrence[]; hasMore: boolean }>(`/maintenance/occurrences${query(bounds)}`, signal));
  const names = new Map(windows.map(({ id, name }) => [id, name]));
  const show = (next: typeof month) => {
    setMonth(next);
    keepInAddress({ month: monthText(next) === monthText(today) ? "" : monthText(next) });
  };
  useKeys({ "[": { what: t("Month before"), run: () => show(shifted(month, -1)) }, "]": { what: t("Next month"), run: () => show(shifted(month, 1)) } });
  const name = monthName.format(new Date(month.year, month.month, 1));
  return (
    <section class="card month-card" aria-label={t("Calendar")} aria-busy={loaded.loading}>
      <div class="card-head">
        <h2 aria-live="polite">{name}</h2>
        <div class="actions">
          <button type="button" class="small turn-back" aria-label={t("Month before")} onClick={() => show(shifted(month, -1))}>
            <Icon name="next" />
          </button>
          <button type="button" class="small" disabled={monthText(month) === monthText(today)} onClick={() => show(today)}>
            {t("Today")}
          </button>
          <button type="button" class="small" aria-label={t("Next month")} onClick={() => show(shifted(month, 1))}>
            <Icon name="next" />
          </button>
        </div>
      </div>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      <table class="month">
        <caption class="hidden">{t("Maintenance in {month}", { month: name })}</caption>
        <thead>
          <tr>
            {weeks[0]!.map((day) => (
              <th key={day.getDay()} scope="col">
                {weekdayName.format(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]!.getTime()}>
              {barsOf(week, loaded.data?.items ?? []).map((bars, index) => (
                <Day key={index} day={week[index]!} isOther={week[index]!.getMonth() !== month.month} bars={bars} names={names} now={now} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {loaded.data?.hasMore && <p class="quiet">{t("Only the first thousand are drawn.")}</p>}
    </section>
  );
}

interface DayProps {
  day: Date;
  /** Of the month before or after. */
  isOther: boolean;
  bars: readonly (Bar<Occurrence> | undefined)[];
  names: ReadonlyMap<string, string>;
  now: number;
}

function Day({ day, isOther, bars, names, now }: DayProps) {
  const isToday = day.toDateString() === new Date(now).toDateString();
  const hidden = bars.slice(mostLanes).filter(Boolean).length;
  return (
    <td class={[isOther ? "other" : "", isToday ? "today" : ""].filter(Boolean).join(" ") || undefined} aria-current={isToday ? "date" : undefined}>
      <span class="day-number">
        <span aria-hidden="true">{day.getDate()}</span>
        <span class="hidden">{dayName.format(day)}</span>
      </span>
      <ul>
        {bars.slice(0, mostLanes).map((bar, lane) => (bar ? <Window key={bar.of.windowId + bar.of.start} bar={bar} name={names.get(bar.of.windowId) ?? bar.of.windowId} isFirst={bar.begins || day.getDay() === 1} now={now} /> : <li key={lane} class="bar-gap" aria-hidden="true" />))}
      </ul>
      {hidden > 0 && <small class="quiet">{plural(hidden, "{count} more", "{count} more")}</small>}
    </td>
  );
}

interface WindowProps {
  bar: Bar<Occurrence>;
  name: string;
  /** Its name is written where it begins, and on each Monday. */
  isFirst: boolean;
  now: number;
}

function Window({ bar: { of, begins, ends }, name, isFirst, now }: WindowProps) {
  const [start, end] = [Date.parse(of.start), Date.parse(of.end)];
  const tense = end <= now ? "past" : start <= now ? "lasts" : "";
  const classes = ["window-bar", begins ? "begins" : "", ends ? "ends" : "", tense].filter(Boolean).join(" ");
  return (
    <li class={classes}>
      <a href={`/maintenance/${of.windowId}`} title={t("{name}: {start} to {end}", { name, start: exactTime(of.start), end: exactTime(of.end) })}>
        <span class={isFirst ? undefined : "hidden"}>{name}</span>
        {begins && <span class="bar-time"> {clock.format(start)}</span>}
        {tense === "lasts" && <span class="hidden"> {t("now")}</span>}
      </a>
    </li>
  );
}
