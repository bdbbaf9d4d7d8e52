/** One incident: why, what happened when, who was told, and what a person does about it. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { listen } from "../events.ts";
import { count, exactTime, span, time, words } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { Ledger } from "../parts/ledger.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { usePersonName } from "../people.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { Cause, Incident, TimelineEntry } from "../types.ts";

export function IncidentPage({ id }: { id: string }) {
  const loaded = useLoad(id, (signal) => get<Incident>(`/incidents/${id}`, signal));
  useEffect(() => {
    const stops = [listen("incident", (incident) => incident.id === id && loaded.reload()), listen("resumed", loaded.reload)];
    return () => stops.forEach((stop) => stop());
  }, [id]);
  const incident = loaded.data;
  return (
    <Page
      title={incident ? incident.checkName || "Incident" : "Incident"}
      back={{ to: "/incidents", label: "Incidents" }}
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
      {!incident && loaded.loading && <Loading what="the incident" />}
      {incident && (
        <>
          <Summary incident={incident} />
          <Actions incident={incident} onChange={loaded.set} />
          <Causes causes={incident.causes ?? []} />
          <Timeline entries={incident.timeline ?? []} />
          <Ledger incidentId={id} />
        </>
      )}
    </Page>
  );
}

function Summary({ incident }: { incident: Incident }) {
  const now = useNow();
  const end = incident.endedAt ?? incident.resolvedAt;
  return (
    <section class="card" aria-label="Summary">
      <dl class="facts">
        <div>
          <dt>Check</dt>
          <dd>
            <a href={`/checks/${incident.checkId}`}>{incident.checkName || incident.checkId}</a>
          </dd>
        </div>
        <div>
          <dt>Began</dt>
          <dd title={exactTime(incident.startedAt)}>{time(incident.startedAt, now)}</dd>
        </div>
        <div>
          <dt>Ended</dt>
          <dd title={exactTime(end)}>{end ? time(end, now) : "not yet"}</dd>
        </div>
        <div>
          <dt>{end ? "Lasted" : "Lasts"}</dt>
          <dd>{span((end ? Date.parse(end) : now) - Date.parse(incident.startedAt))}</dd>
        </div>
        <div>
          <dt>Failing runs</dt>
          <dd>{incident.occurrences.toLocaleString("en-GB")}</dd>
        </div>
      </dl>
      {incident.suppressedBy && <p class="notice">Nobody was told: a check that this one depends on was down already.</p>}
    </section>
  );
}

function Actions({ incident, onChange }: { incident: Incident; onChange: (incident: Incident) => void }) {
  const [comment, setComment] = useState("");
  const doing = useDoing();
  if (!useMayEdit()) return null;
  const act = (what: string, done: string) =>
    void doing.run(async () => {
      onChange(await post<Incident>(`/incidents/${incident.id}/${what}`, comment.trim() ? { comment: comment.trim() } : {}));
      setComment("");
      announce(done);
    });
  return (
    <Card title="What to do">
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      <div class="field">
        <label for="comment">Comment</label>
        <textarea id="comment" rows={2} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
      </div>
      <div class="actions">
        {incident.state === "open" && (
          <button type="button" class="primary" disabled={doing.busy} onClick={() => act("acknowledge", "Acknowledged.")}>
            Acknowledge
          </button>
        )}
        {incident.state !== "resolved" && (
          <button type="button" disabled={doing.busy} onClick={() => act("resolve", "Resolved.")}>
            Resolve
          </button>
        )}
        <button type="button" disabled={doing.busy || comment.trim() === ""} onClick={() => act("comment", "The comment is in the timeline.")}>
          Comment
        </button>
      </div>
    </Card>
  );
}

function Causes({ causes }: { causes: readonly Cause[] }) {
  const now = useNow();
  if (causes.length === 0) return null;
  return (
    <Card title={causes.length === 1 ? "Cause" : "Causes"}>
      <ul class="plain-list">
        {causes.map((cause) => (
          <li key={cause.errorHash}>
            <p class="result-error">
              <code>{cause.kind}</code> {cause.message}
            </p>
            <p class="quiet">
              {count(cause.occurrences, "time")}, first {time(cause.firstSeenAt, now)}, last {time(cause.lastSeenAt, now)}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const tones: Record<string, string> = { opened: "down", reopened: "down", cause_added: "down", acknowledged: "degraded", resolved: "up" };

function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  const now = useNow();
  const nameOf = usePersonName();
  return (
    <Card title="Timeline">
      <ol class="timeline">
        {entries.map((entry) => (
          <li key={entry.id ?? entry.at + entry.type} class={`tone-${tones[entry.type] ?? "unknown"}`}>
            <time class="number" dateTime={entry.at} title={exactTime(entry.at)}>
              {time(entry.at, now)}
            </time>
            <div>
              <b>{words(entry.type)}</b> {entry.reason && <span class="reason">{words(entry.reason)}</span>}
              {entry.message && <p>{entry.message}</p>}
              {entry.actor && entry.actor !== "system" && <p class="quiet">by {nameOf(entry.actor)}</p>}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
