/** One incident: what is wrong, who was told, what happened when and why, and what a person does about it. */
import { useEffect } from "preact/hooks";
import { get, getAll } from "../api.ts";
import { listen } from "../events.ts";
import { exactTime, time } from "../format.ts";
import { number, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { IncidentActions } from "../parts/incident_actions.tsx";
import { IncidentSummary } from "../parts/incident_summary.tsx";
import { LastFailure } from "../parts/last_failure.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { Story } from "../parts/story.tsx";
import { useNow } from "../store.ts";
import { hasCheck, storyOf, titleOf } from "../story.ts";
import type { Cause, Incident, Notification, WholeStatus } from "../types.ts";

export function IncidentPage({ id }: { id: string }) {
  const loaded = useLoad(id, (signal) => get<Incident>(`/incidents/${id}`, signal));
  const incident = loaded.data;
  const messages = useLoad(id, (signal) => getAll<Notification>(`/notifications?incidentId=${id}`, signal));
  const watched = incident && hasCheck(incident) && incident.state !== "resolved" ? incident.checkId : null;
  // Of a check that was deleted there is none, which is no trouble here.
  const status = useLoad(watched, (signal) => get<WholeStatus>(`/checks/${watched}/status`, signal));
  const put = (changed: Notification) => messages.set((before) => before && withMessage(before, changed));

  useEffect(() => {
    const changed = () => {
      loaded.reload();
      status.reload();
    };
    const missed = () => {
      changed();
      messages.reload();
    };
    const stops = [
      listen("incident", (news) => news.id === id && changed()),
      listen("notification", (message) => message.incidentId === id && put(message)),
      listen("resumed", missed),
    ];
    return () => stops.forEach((stop) => stop());
  }, [id]);

  return (
    <Page
      title={incident ? titleOf(incident) : t("Incident")}
      back={{ to: "/incidents", label: t("Incidents") }}
      beside={
        incident && (
          <>
            <StateBadge state={incident.state} />
            <StateBadge state={incident.severity} />
          </>
        )
      }
    >
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!incident && loaded.loading && <Loading what={t("the incident")} />}
      {incident && (
        <>
          <IncidentSummary incident={incident} messages={messages.data} status={status.data} />
          <Trouble problem={messages.error} retry={messages.reload} />
          <div class="incident-page">
            <IncidentActions incident={incident} onChange={loaded.set} />
            <Story startedAt={incident.startedAt} happenings={storyOf(incident.timeline ?? [], messages.data ?? [])} isWhole={messages.data !== undefined} onChange={put} />
            <Causes causes={incident.causes ?? []} />
            {hasCheck(incident) && <LastFailure incident={incident} />}
          </div>
        </>
      )}
    </Page>
  );
}

/** Newest first, as the ledger lists them. */
function withMessage(messages: Notification[], changed: Notification): Notification[] {
  const isKnown = messages.some(({ id }) => id === changed.id);
  return isKnown ? messages.map((one) => (one.id === changed.id ? changed : one)) : [changed, ...messages];
}

function Causes({ causes }: { causes: readonly Cause[] }) {
  const now = useNow();
  if (causes.length === 0) return null;
  return (
    <Card title={causes.length === 1 ? t("Cause") : t("Causes")}>
      <ScrollTable label={t("Causes")} columns={[t("Error"), t("Times // how often"), t("First and last")]}>
        {causes.map((cause) => (
          <tr key={cause.errorHash}>
            <td class="message result-error">
              <code>{cause.kind}</code> {cause.message}
            </td>
            <td class="number">{number(cause.occurrences)}</td>
            <td class="number">
              <span title={exactTime(cause.firstSeenAt)}>{time(cause.firstSeenAt, now)}</span>
              <br />
              <span title={exactTime(cause.lastSeenAt)}>{time(cause.lastSeenAt, now)}</span>
            </td>
          </tr>
        ))}
      </ScrollTable>
    </Card>
  );
}
