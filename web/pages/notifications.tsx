/** The ledger: every message that was sent, waits, is held, was skipped or given up, and why. */
import { useEffect } from "preact/hooks";
import { noFilter, useAddressFilter } from "../address_filter.ts";
import { get, getAll, query } from "../api.ts";
import { listen } from "../events.ts";
import { exactTime, time } from "../format.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { fits, isBefore, windows, type MessageFilter } from "../message_list.ts";
import { DeadMessages } from "../parts/dead_messages.tsx";
import { Message } from "../parts/message.tsx";
import { LoadOlder } from "../parts/older.tsx";
import { Empty, Loading, NothingFits, Page, Trouble } from "../parts/page.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { useFill, usePaged } from "../paged.ts";
import { eventNames } from "../reasons.ts";
import { useNow } from "../store.ts";
import { titleOf } from "../story.ts";
import type { Channel, Incident, List, Notification } from "../types.ts";

const states = [
  ["", t("All")],
  ["sent", t("Sent")],
  ["waiting", t("Waiting")],
  ["held", t("Held")],
  ["skipped", t("Skipped")],
  ["dead", t("Dead")],
] as const;
const names = ["state", "channelId", "eventType", "since", "incidentId", "id"] as const;
const everything = noFilter(names) satisfies MessageFilter;

export function NotificationsPage() {
  const now = useNow();
  const [filter, change] = useAddressFilter(names);
  const ledger = usePaged<Notification>(`/notifications${query({ incidentId: filter.incidentId, state: stateToAsk(filter), limit: 100 })}`);
  useEffect(() => {
    const stops = [listen("notification", (message) => fits(message, { ...everything, incidentId: filter.incidentId }, now) && ledger.put(message)), listen("resumed", ledger.reload)];
    return () => stops.forEach((stop) => stop());
  }, [filter.incidentId]);
  const shown = (ledger.items ?? []).filter((message) => fits(message, filter, now));
  const oldest = ledger.items?.at(-1);
  const more = ledger.more && !(oldest && isBefore(oldest, filter.since, now));
  useFill({ ...ledger, more }, shown.length, JSON.stringify(filter));
  const titles = useIncidentTitles();
  return (
    <Page title={t("Messages")}>
      <Filters filter={filter} titles={titles} onChange={change} />
      <Trouble problem={ledger.error} retry={ledger.reload} />
      <DeadMessages onShow={(channelId) => change({ ...everything, state: "dead", channelId })} onChange={ledger.put} />
      {!ledger.items && ledger.loading && <Loading what={t("the messages")} />}
      {ledger.items && shown.length === 0 && !ledger.loading && <Nothing isFiltered={Object.values(filter).some(Boolean)} onClear={() => change(everything)} />}
      {shown.length > 0 && (
        <ol class="messages" aria-label={t("Messages")}>
          {shown.map((message) => (
            <Row key={message.id} message={message} title={titles.get(message.incidentId ?? "")} onChange={ledger.put} />
          ))}
        </ol>
      )}
      <LoadOlder list={{ ...ledger, more }} />
    </Page>
  );
}

/** What is on its way is both waiting and being sent, which the server lists apart: then this side chooses. */
function stateToAsk({ state }: MessageFilter): string {
  return ["sent", "skipped", "dead"].includes(state) ? state : "";
}

interface RowProps {
  message: Notification;
  title: string | undefined;
  onChange: (message: Notification) => void;
}

function Row({ message, title, onChange }: RowProps) {
  const now = useNow();
  return (
    <li class={message.state === "dead" ? "edge-down" : ""}>
      <div class="grow">
        <Message message={message} onChange={onChange} />
      </div>
      <div class="right">
        <time class="number" dateTime={message.createdAt} title={exactTime(message.createdAt)}>
          {time(message.createdAt, now)}
        </time>
        {message.incidentId && (
          <small>
            <a href={`/incidents/${message.incidentId}`}>{title ?? t("its incident")}</a>
          </small>
        )}
      </div>
    </li>
  );
}

interface FiltersProps {
  filter: MessageFilter;
  titles: ReadonlyMap<string, string>;
  onChange: (part: Partial<MessageFilter>) => void;
}

function Filters({ filter, titles, onChange }: FiltersProps) {
  const channels = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const { incidentId, id } = filter;
  return (
    <>
      <Tabs label={t("State")} choices={states} value={filter.state} onChange={(state) => onChange({ state })} />
      <search class="filters">
        <select aria-label={t("Channel")} value={filter.channelId} onChange={(event) => onChange({ channelId: event.currentTarget.value })}>
          <option value="">{t("Every channel")}</option>
          {channels.data?.map((channel) => (
            <option key={channel.id} value={channel.id}>
              {channel.name}
            </option>
          ))}
        </select>
        <select aria-label={t("What it says")} value={filter.eventType} onChange={(event) => onChange({ eventType: event.currentTarget.value })}>
          <option value="">{t("Every event")}</option>
          {Object.entries(eventNames).map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </select>
        <select aria-label={t("Time")} value={filter.since} onChange={(event) => onChange({ since: event.currentTarget.value })}>
          <option value="">{t("Any time")}</option>
          {Object.entries(windows).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        {incidentId && (
          <button type="button" class="chip" aria-label={t("Only of {incident}. Show all", { incident: titles.get(incidentId) ?? t("one incident") })} onClick={() => onChange({ incidentId: "" })}>
            {t("Only of {incident}", { incident: titles.get(incidentId) ?? t("one incident") })} <span aria-hidden="true">×</span>
          </button>
        )}
        {id && (
          <button type="button" class="chip" aria-label={t("Only one message and what it carries. Show all")} onClick={() => onChange({ id: "" })}>
            {t("Only one message")} <span aria-hidden="true">×</span>
          </button>
        )}
      </search>
    </>
  );
}

/** Of the newest incidents; a message of an older one links to it without naming it. */
function useIncidentTitles(): ReadonlyMap<string, string> {
  const loaded = useLoad("titles", (signal) => get<List<Incident>>("/incidents?limit=200", signal));
  const put = (incident: Incident) => loaded.set((before) => before && { ...before, items: [incident, ...before.items.filter(({ id }) => id !== incident.id)] });
  useEffect(() => listen("incident", put), []);
  return new Map(loaded.data?.items.map((incident) => [incident.id, titleOf(incident)]));
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) return <NothingFits title={t("No message fits")} onClear={onClear} />;
  return (
    <Empty title={t("No messages")}>
      <p>{t("Every message about an incident is written down here, to whom it went and what the receiver answered; also those that were not sent, and why not.")}</p>
      <a class="button" href="/channels">
        {t("To the channels")}
      </a>
    </Empty>
  );
}
