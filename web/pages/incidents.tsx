/** Outages and degradations, what is going on first. */
import { useEffect, useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { listen } from "../events.ts";
import { count, exactTime, span, time } from "../format.ts";
import { useLoad } from "../load.ts";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { keepInAddress, place } from "../router.ts";
import { useNow } from "../store.ts";
import type { Incident, List } from "../types.ts";

const filters = [
  ["", "All"],
  ["active", "Active"],
  ["open", "Open"],
  ["acknowledged", "Acknowledged"],
  ["resolved", "Resolved"],
] as const;

export function IncidentsPage() {
  const [state, setState] = useState(place.get().query.get("state") ?? "");
  const [more, setMore] = useState<readonly Incident[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const loaded = useLoad(state, (signal) => get<List<Incident>>(`/incidents${query({ state })}`, signal));
  useEffect(() => {
    const stops = [listen("incident", loaded.reload), listen("resumed", loaded.reload)];
    return () => stops.forEach((stop) => stop());
  }, []);
  useEffect(() => {
    setMore([]);
    setCursor(loaded.data?.nextCursor ?? null);
  }, [loaded.data]);
  const choose = (next: string) => {
    setState(next);
    keepInAddress({ state: next });
  };
  const loadMore = async () => {
    const page = await get<List<Incident>>(`/incidents${query({ state, cursor })}`);
    setMore([...more, ...page.items]);
    setCursor(page.nextCursor);
  };
  const incidents = activeFirst([...(loaded.data?.items ?? []), ...more]);
  return (
    <Page title="Incidents">
      <div class="tabs" role="group" aria-label="State">
        {filters.map(([value, label]) => (
          <button key={value} type="button" aria-pressed={value === state} onClick={() => choose(value)}>
            {label}
          </button>
        ))}
      </div>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what="the incidents" />}
      {loaded.data && incidents.length === 0 && (
        <Empty title="No incidents">
          <p>{state ? "None in this state." : "When a check fails often enough, its incident stands here with its causes and everything that was sent."}</p>
        </Empty>
      )}
      {incidents.length > 0 && (
        <ul class="cards">
          {incidents.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {cursor && (
        <div class="pager">
          <button type="button" onClick={() => void loadMore()}>
            Older
          </button>
        </div>
      )}
    </Page>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const now = useNow();
  const end = incident.endedAt ?? incident.resolvedAt;
  const lasted = (end ? Date.parse(end) : now) - Date.parse(incident.startedAt);
  return (
    <li class={`incident edge-${incident.state === "resolved" ? "up" : incident.severity === "warning" ? "degraded" : "down"}`}>
      <StateBadge state={incident.state} />
      <div class="grow">
        <a href={`/incidents/${incident.id}`}>{incident.checkName || incident.checkId}</a>
        <p class="quiet message">{incident.causes?.[0]?.message ?? incident.severity}</p>
      </div>
      <div class="right">
        <span class="number" title={exactTime(incident.startedAt)}>
          {time(incident.startedAt, now)}
        </span>
        <small class="quiet">
          {end ? "lasted" : "for"} {span(lasted)}, {count(incident.occurrences, "failure")}
        </small>
      </div>
    </li>
  );
}

function activeFirst(incidents: readonly Incident[]): Incident[] {
  const rank = { open: 0, acknowledged: 1, resolved: 2 };
  const seen = new Map(incidents.map((incident) => [incident.id, incident]));
  return [...seen.values()].sort((a, b) => rank[a.state] - rank[b.state] || Date.parse(b.startedAt) - Date.parse(a.startedAt));
}
