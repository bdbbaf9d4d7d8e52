/** What happened in the time of a chart, as a list that can be followed. */
import type { CheckMark } from "../check_marks.ts";
import { exactTime, minute, span } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { StateBadge } from "./state_badge.tsx";

const mostShown = 30;

export function MarkList({ marks }: { marks: readonly CheckMark[] }) {
  if (marks.length === 0) return null;
  const newest = marks.toSorted((a, b) => b.fromMs - a.fromMs).slice(0, mostShown);
  const incidents = marks.filter(({ kind }) => kind === "incident").length;
  const named = [incidents > 0 && plural(incidents, "{count} incident", "{count} incidents"), marks.length > incidents && plural(marks.length - incidents, "{count} maintenance", "{count} maintenances")];
  return (
    <details class="marks">
      <summary>
        <span class="mark-key mark-incident" aria-hidden="true" />
        <span class="mark-key mark-maintenance" aria-hidden="true" />
        {t("In this time: {list}", { list: named.filter((one) => one !== false).join(", ") })}
      </summary>
      <ul class="plain-list">
        {newest.map((mark) => (
          <li key={`${mark.kind} ${mark.fromMs}`}>
            <MarkLine mark={mark} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function MarkLine({ mark: { kind, incident, fromMs, toMs } }: { mark: CheckMark }) {
  const from = new Date(incident ? Date.parse(incident.startedAt) : fromMs).toISOString();
  const lasted = span(toMs - Date.parse(from));
  return (
    <>
      <StateBadge state={incident?.state ?? kind} /> <span title={exactTime(from)}>{minute(from)}</span>, {incident ? <a href={`/incidents/${incident.id}`}>{t("incident of {span}", { span: lasted })}</a> : lasted}
    </>
  );
}
