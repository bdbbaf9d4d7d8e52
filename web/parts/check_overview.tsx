/** A check at a glance: how it is and why, what it looks at, how soon one would know, how good it was. */
import { reasonOf } from "../check_reason.ts";
import { exactTime, happened, latency, schedule, span, target } from "../format.ts";
import { t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import { statuses } from "../statuses.ts";
import { useEntry, useNow } from "../store.ts";
import type { Check, Incident, Result, State } from "../types.ts";
import { KindFacts } from "./kind_facts.tsx";
import { StateBadge } from "./state_badge.tsx";
import { Strip } from "./strip.tsx";
import { Uptimes } from "./uptimes.tsx";

interface OverviewProps {
  check: Check;
  state: State;
  /** The one that is open. */
  incident: Incident | undefined;
  /** With all that it saw. */
  result: Result | null | undefined;
}

export function CheckOverview({ check, state, incident, result }: OverviewProps) {
  const status = useEntry(statuses, check.id);
  return (
    <section class={`card overview overview-${state}`} aria-label={t("Overview")}>
      <StateLine {...{ check, state, incident }} />
      <Facts check={check} result={result} />
      <Strip strip={status?.strip ?? ""} />
      <Uptimes checkId={check.id} />
    </section>
  );
}

function StateLine({ check, state, incident }: Omit<OverviewProps, "result">) {
  const status = useEntry(statuses, check.id);
  const now = useNow();
  return (
    <div class="state-line">
      <p>
        <StateBadge state={state} />
        {status?.since && (
          <span title={exactTime(status.since)}>
            {" "}
            {t("for {span}", { span: span(now - Date.parse(status.since)) })} <span class="quiet">{t("since {time}", { time: exactTime(status.since) })}</span>
          </span>
        )}
      </p>
      <p class="state-reason">{reasonOf({ check, state, status, incident })}</p>
      {incident && (
        <p>
          <StateBadge state={incident.state} /> <a href={`/incidents/${incident.id}`}>{t("Incident since {span}", { span: span(now - Date.parse(incident.startedAt)) })}</a>
        </p>
      )}
    </div>
  );
}

function Facts({ check, result }: Pick<OverviewProps, "check" | "result">) {
  const last = useEntry(statuses, check.id)?.lastResult;
  const now = useNow();
  const isHeartbeat = check.type === "heartbeat";
  return (
    <dl class="facts">
      <div>
        <dt>{t("Target")}</dt>
        <dd>
          <span class="type">{kindNames[check.type] ?? check.type}</span> {target(check.type, check.target)}
        </dd>
      </div>
      <div>
        <dt>{isHeartbeat ? t("Is looked at") : t("Runs")}</dt>
        <dd>{schedule(check.schedule)}</dd>
      </div>
      <div>
        <dt>{t("Last result")}</dt>
        <dd title={exactTime(last?.finishedAt)}>
          {last ? happened(last.finishedAt, now) : t("none yet")}
          {last && !isHeartbeat && `, ${latency(last.latencyMs)}`}
        </dd>
      </div>
      {check.guarantee && (
        <div>
          <dt>{t("Outages")}</dt>
          <dd>
            {t("known within {span}", { span: span(check.guarantee.detectMs) })}
            <small class="quiet block">{t("told within {told} at worst; shorter than {never} is never told", { told: span(check.guarantee.messageMs), never: span(check.guarantee.neverToldMs) })}</small>
          </dd>
        </div>
      )}
      <KindFacts result={result} />
    </dl>
  );
}
