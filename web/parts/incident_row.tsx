/** One incident in the list: what, since when, and who is on it. */
import { exactTime, span, time } from "../format.ts";
import { usePersonName } from "../people.ts";
import { useAcknowledger } from "../acknowledgers.ts";
import { plural, t } from "../i18n.ts";
import { useNow } from "../store.ts";
import { titleOf, whatIsWrong } from "../story.ts";
import type { Incident } from "../types.ts";
import type { Chosen } from "./bulk_acknowledge.tsx";
import { StateBadge, stateName } from "./state_badge.tsx";

interface IncidentRowProps {
  incident: Incident;
  chosen: Chosen;
  /** It stands under the one that caused it, so that needs no saying. */
  isChild?: boolean;
}

export function IncidentRow({ incident, chosen, isChild }: IncidentRowProps) {
  const now = useNow();
  const end = incident.endedAt ?? incident.resolvedAt;
  const isOver = incident.state === "resolved";
  const lasted = (isOver && end ? Date.parse(end) : now) - Date.parse(incident.startedAt);
  const title = titleOf(incident);
  return (
    <>
      {chosen.canChoose(incident) && (
        <input type="checkbox" aria-label={t("Choose {title}", { title })} checked={chosen.ids.has(incident.id)} onChange={() => chosen.toggle(incident.id)} />
      )}
      <span class="incident-state">
        <StateBadge state={incident.state} />
        {!isOver && <small class="quiet">{stateName(incident.severity)}</small>}
      </span>
      <div class="grow">
        <a href={`/incidents/${incident.id}`}>{title}</a>
        <p class="quiet message">{whatIsWrong(incident) || stateName(incident.severity)}</p>
        {incident.state === "acknowledged" && <Acknowledged incident={incident} />}
        {incident.suppressedBy && !isChild && <p class="quiet">{t("Kept quiet: a check that it depends on is down.")}</p>}
      </div>
      <div class="right">
        <span class="number" title={exactTime(incident.startedAt)}>
          {time(incident.startedAt, now)}
        </span>
        <small class="quiet" title={isOver ? t("until {time}", { time: exactTime(end) }) : undefined}>
          {isOver ? t("lasted {span}", { span: span(lasted) }) : t("for {span}", { span: span(lasted) })}, {plural(incident.occurrences, "{count} failure", "{count} failures")}
        </small>
      </div>
    </>
  );
}

function Acknowledged({ incident }: { incident: Incident }) {
  const now = useNow();
  const nameOf = usePersonName();
  const by = useAcknowledger(incident);
  return (
    <p class="quiet" title={exactTime(incident.acknowledgedAt)}>
      {by ? t("Acknowledged by {name} at {time}", { name: nameOf(by), time: time(incident.acknowledgedAt, now) }) : t("Acknowledged at {time}", { time: time(incident.acknowledgedAt, now) })}
    </p>
  );
}
