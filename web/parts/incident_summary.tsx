/** An incident at a glance: what is wrong, since when, from where, and who knows. */
import { exactTime, span, time } from "../format.ts";
import { number, plural, rich, t } from "../i18n.ts";
import { useNow } from "../store.ts";
import { firstTold, hasCheck, isFlapping, titleOf, whatIsWrong } from "../story.ts";
import type { Incident, Notification, WholeStatus } from "../types.ts";
import { StateBadge } from "./state_badge.tsx";

interface SummaryProps {
  incident: Incident;
  /** Undefined until they are known. */
  messages: readonly Notification[] | undefined;
  /** Of its check at this moment. */
  status: WholeStatus | undefined;
}

export function IncidentSummary({ incident, messages, status }: SummaryProps) {
  const now = useNow();
  const end = incident.endedAt ?? incident.resolvedAt;
  const isOver = incident.state === "resolved";
  return (
    <section class={`card incident-summary edge-${isOver ? "up" : incident.severity === "warning" ? "degraded" : "down"}`} aria-label={t("Summary")}>
      <p class="wrong">{whatIsWrong(incident) || t("No error was noted.")}</p>
      <dl class="facts">
        <div>
          <dt>{t("Check")}</dt>
          <dd>{hasCheck(incident) ? <a href={`/checks/${incident.checkId}`}>{titleOf(incident)}</a> : t("none: the platform watches itself")}</dd>
        </div>
        <div>
          <dt>{t("Since")}</dt>
          <dd title={exactTime(incident.startedAt)}>{time(incident.startedAt, now)}</dd>
        </div>
        <div>
          <dt>{isOver ? t("Lasted") : t("Lasts")}</dt>
          <dd title={isOver && end ? t("until {time}", { time: exactTime(end) }) : undefined}>
            {span((isOver && end ? Date.parse(end) : now) - Date.parse(incident.startedAt))}
            {isOver && end && <span class="quiet"> {t("until {time}", { time: time(end, now) })}</span>}
          </dd>
        </div>
        <div>
          <dt>{t("Failing runs")}</dt>
          <dd>{number(incident.occurrences)}</dd>
        </div>
        <div>
          <dt>{t("First told")}</dt>
          <dd>
            <FirstTold incident={incident} messages={messages} />
          </dd>
        </div>
        {!isOver && <Locations status={status} />}
      </dl>
      <Signs incident={incident} isFlapping={!isOver && (status?.flapping ?? isFlapping(incident.timeline ?? []))} />
    </section>
  );
}

function FirstTold({ incident, messages }: { incident: Incident; messages: readonly Notification[] | undefined }) {
  const now = useNow();
  if (!messages) return <>…</>;
  const told = firstTold(incident, messages);
  if (!told) {
    const waits = messages.some(({ state }) => state === "waiting" || state === "sending" || state === "held");
    return <>{waits ? t("not yet: a message waits") : t("nobody")}</>;
  }
  return (
    <span title={t("{time}, {span} after the first failing run", { time: exactTime(told.at), span: span(told.afterMs) })}>
      {t("after {span}", { span: span(told.afterMs) })}
      <span class="quiet"> {t("at {time}: {channels}", { time: time(told.at, now), channels: some(told.channels) })}</span>
    </span>
  );
}

/** The first by name, the others counted. */
function some([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : plural(others.length, "{first} and {count} other", "{first} and {count} others", { first });
}

function Locations({ status }: { status: WholeStatus | undefined }) {
  const down = status?.locationsDown ?? [];
  const up = status?.locationsUp ?? [];
  // Where there is one place to look from, its name tells nothing.
  if (down.length + up.length < 2) return null;
  return (
    <div>
      <dt>{t("Locations")}</dt>
      <dd>
        {t("down from {locations}", { locations: down.join(", ") || t("none // of the locations") })}
        {up.length > 0 && <span class="quiet"> {t("up from {locations}", { locations: up.join(", ") })}</span>}
      </dd>
    </div>
  );
}

function Signs({ incident, isFlapping: flaps }: { incident: Incident; isFlapping: boolean }) {
  const { suppressedBy } = incident;
  if (!suppressedBy && !flaps) return null;
  return (
    <ul class="signs">
      {flaps && (
        <li>
          <StateBadge state="degraded" label={t("flapping")} /> <span class="quiet">{t("Its state changes too often; it is told once, not each time.")}</span>
        </li>
      )}
      {suppressedBy && (
        <li>
          <StateBadge state="skipped" label={t("kept quiet")} />{" "}
          <span class="quiet">
            {rich("A check that this one depends on is down: {what}.", {
              what: suppressedBy.startsWith("inc_") ? <a href={`/incidents/${suppressedBy}`}>{t("its incident")}</a> : t("its incident is told, this one is not"),
            })}
          </span>
        </li>
      )}
    </ul>
  );
}
