/** Every message about an incident: where it went, what the other side answered, and when it is tried again. */
import { useEffect } from "preact/hooks";
import { getAll, post } from "../api.ts";
import { listen } from "../events.ts";
import { ago, count, exactTime, latency, time, words } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { Notification } from "../types.ts";
import { Card, Loading, Trouble } from "./page.tsx";
import { StateBadge } from "./state_badge.tsx";

export function Ledger({ incidentId }: { incidentId: string }) {
  const loaded = useLoad(incidentId, (signal) => getAll<Notification>(`/notifications?incidentId=${incidentId}`, signal));
  useEffect(() => listen("notification", (message) => message.incidentId === incidentId && loaded.reload()), [incidentId]);
  const put = (changed: Notification) => loaded.set((before) => before?.map((message) => (message.id === changed.id ? changed : message)));
  return (
    <Card title="Who was told">
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what="the messages" />}
      {loaded.data?.length === 0 && (
        <p class="quiet">
          Nobody. <a href="/channels">Add a channel</a> to be told the next time.
        </p>
      )}
      {loaded.data && loaded.data.length > 0 && (
        <ul class="plain-list">
          {loaded.data.map((message) => (
            <Message key={message.id} message={message} onChange={put} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Message({ message, onChange }: { message: Notification; onChange: (message: Notification) => void }) {
  const now = useNow();
  const doing = useDoing();
  const mayEdit = useMayEdit();
  const retry = () => void doing.run(async () => onChange(await post<Notification>(`/notifications/${message.id}/retry`)));
  return (
    <li class="message-row">
      <StateBadge state={message.state} />
      <div class="grow">
        <p>
          <b>{words(message.eventType)}</b> to {message.channelName || "nobody"} {message.channelType && <span class="type">{message.channelType}</span>}
        </p>
        <p class="quiet">
          {words(message.reason)}
          {message.state === "waiting" && message.nextAttemptAt && `, next attempt ${ago(message.nextAttemptAt, now)}`}
          {message.sentAt && `, ${time(message.sentAt, now)}`}
        </p>
        {message.state === "dead" && message.lastError && <p class="result-error">{message.lastError}</p>}
        <Trouble problem={doing.problem} />
        {message.attempts.length > 0 && (
          <details>
            <summary>{count(message.attempts.length, "attempt")}</summary>
            <ol class="plain-list">
              {message.attempts.map((attempt) => (
                <li key={attempt.at}>
                  <StateBadge state={attempt.ok ? "up" : "down"} label={attempt.ok ? "delivered" : "failed"} />{" "}
                  <span class="number" title={exactTime(attempt.at)}>
                    {time(attempt.at, now)}
                  </span>{" "}
                  after {latency(attempt.durationMs)}: <code>{attempt.answer}</code>
                </li>
              ))}
            </ol>
          </details>
        )}
      </div>
      {mayEdit && (message.state === "dead" || message.state === "waiting") && (
        <button type="button" class="small" disabled={doing.busy} onClick={retry}>
          Send now
        </button>
      )}
    </li>
  );
}
