/** The next five runs of a schedule, so that one sees what an expression means before it is saved. */
import { useEffect, useState } from "preact/hooks";
import type { ScheduleDraft } from "../check_draft.ts";
import { ago } from "../format.ts";
import { dates, number, t } from "../i18n.ts";
import { nextOfCron, nextOfInterval, runsADay } from "../next_runs.ts";
import { useNow } from "../store.ts";

const many = 5;
const clock = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const whole = dates({ weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const inUtc = dates({ dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

export function NextRuns({ schedule, knownNext }: { schedule: ScheduleDraft; knownNext: string | null | undefined }) {
  const now = useNow();
  const [ofCron, setOfCron] = useState<readonly number[]>();
  const { kind, cron, timezone, every } = schedule;
  useEffect(() => {
    if (kind !== "cron") return;
    let isNewest = true;
    void nextOfCron({ cron, timezone }, now, many).then((found) => isNewest && setOfCron(found));
    return () => {
      isNewest = false;
    };
  }, [kind, cron, timezone, now]);
  const runs = kind === "cron" ? ofCron : nextOfInterval(every, now, knownNext ? Date.parse(knownNext) : undefined, many);
  if (!runs || (kind === "every" && runs.length === 0)) return <div class="next-runs" aria-live="polite" />;
  const perDay = kind === "every" ? runsADay(every) : undefined;
  return (
    <div class="next-runs" aria-live="polite">
      <p class="label">
        {t("The next five times")}
        {perDay !== undefined && perDay > 0 && <span class="quiet"> · {t("{runs} runs a day", { runs: number(perDay) })}</span>}
      </p>
      {runs.length === 0 && <p class="quiet">{t("It never comes.")}</p>}
      <ol>
        {runs.map((ms) => (
          <li key={ms}>
            <time dateTime={new Date(ms).toISOString()} title={t("{time} UTC", { time: inUtc.format(ms) })}>
              {ms - now < 43_200_000 && kind === "every" ? clock.format(ms) : whole.format(ms)}
            </time>{" "}
            <small class="quiet">{ago(new Date(ms).toISOString(), now)}</small>
          </li>
        ))}
      </ol>
    </div>
  );
}
