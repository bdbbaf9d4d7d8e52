/** Outages and degradations, what is going on first; those that follow from another stand under it. */
import { useEffect, useState } from "preact/hooks";
import { noFilter, useAddressFilter } from "../address_filter.ts";
import { getAll, query } from "../api.ts";
import { listen } from "../events.ts";
import { plural, t } from "../i18n.ts";
import { familiesOf, listIncidents, type IncidentFilter } from "../incident_list.ts";
import { useLoad } from "../load.ts";
import { BulkAcknowledge, useChosen, type Chosen } from "../parts/bulk_acknowledge.tsx";
import { IncidentRow } from "../parts/incident_row.tsx";
import { LoadOlder } from "../parts/older.tsx";
import { Empty, Loading, NothingFits, Page, Trouble } from "../parts/page.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { useFill, usePaged } from "../paged.ts";
import { hasCheck, titleOf } from "../story.ts";
import type { Incident } from "../types.ts";

const states = [
  ["", t("All")],
  ["active", t("Active")],
  ["open", t("Open")],
  ["acknowledged", t("Acknowledged")],
  ["resolved", t("Resolved")],
] as const;
const names = ["state", "severity", "checkId", "search"] as const;

export function IncidentsPage() {
  const [filter, change] = useAddressFilter(names);
  const { incidents, known, ...list } = useIncidents(filter);
  const chosen = useChosen(incidents);
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <Page title={t("Incidents")}>
      <Filters filter={filter} known={known} onChange={change} />
      <Trouble problem={list.error} retry={list.reload} />
      {!list.isThere && list.loading && <Loading what={t("the incidents")} />}
      {list.isThere && incidents.length === 0 && !list.loading && <Nothing isFiltered={isFiltered} onClear={() => change(noFilter(names))} />}
      <div class="list-head">
        {list.isThere && <Count incidents={incidents} isFiltered={isFiltered} />}
        <BulkAcknowledge chosen={chosen} onChange={list.put} />
      </div>
      {incidents.length > 0 && <Families incidents={incidents} chosen={chosen} />}
      <LoadOlder list={list} />
    </Page>
  );
}

/** All active ones, however old, and those that are over a page at a time. */
function useIncidents(filter: IncidentFilter) {
  const { state, checkId } = filter;
  const activePath = state === "resolved" ? null : `/incidents${query({ state: state || "active", checkId })}`;
  const active = useLoad(activePath, (signal) => getAll<Incident>(activePath!, signal));
  const past = usePaged<Incident>(state === "" || state === "resolved" ? `/incidents${query({ state: "resolved", checkId })}` : null);
  const put = (incident: Incident) => {
    if (checkId && incident.checkId !== checkId) return;
    active.set((before) => before && [incident, ...before.filter(({ id }) => id !== incident.id)]);
    if (incident.state === "resolved" || past.items?.some(({ id }) => id === incident.id)) past.put(incident);
  };
  const reload = () => {
    active.reload();
    past.reload();
  };
  useEffect(() => {
    const stops = [listen("incident", put), listen("resumed", reload)];
    return () => stops.forEach((stop) => stop());
  });
  const known = new Map([...(past.items ?? []), ...(activePath ? (active.data ?? []) : [])].map((incident) => [incident.id, incident]));
  const incidents = listIncidents(known.values(), filter);
  const loading = past.loading || active.loading;
  useFill({ ...past, loading }, incidents.length, JSON.stringify(filter));
  return {
    incidents,
    known: [...known.values()],
    isThere: past.items !== undefined && (activePath === null || active.data !== undefined),
    loading,
    error: active.error ?? past.error,
    more: past.more,
    loadMore: past.loadMore,
    reload,
    put,
  };
}

function Filters({ filter, known, onChange }: { filter: IncidentFilter; known: readonly Incident[]; onChange: (part: Partial<IncidentFilter>) => void }) {
  const checks = useCheckNames(known);
  return (
    <>
      <Tabs label={t("State")} choices={states} value={filter.state} onChange={(state) => onChange({ state })} />
      <search class="filters">
        <input
          type="search"
          aria-label={t("Search incidents")}
          aria-keyshortcuts="/"
          placeholder={t("Search check, error  ( / )")}
          value={filter.search}
          onInput={(event) => onChange({ search: event.currentTarget.value })}
        />
        <select aria-label={t("Severity")} value={filter.severity} onChange={(event) => onChange({ severity: event.currentTarget.value })}>
          <option value="">{t("Every severity")}</option>
          <option value="critical">{t("Critical")}</option>
          <option value="warning">{t("Warning")}</option>
        </select>
        <select aria-label={t("Check")} value={filter.checkId} onChange={(event) => onChange({ checkId: event.currentTarget.value })}>
          <option value="">{t("Every check")}</option>
          {filter.checkId && !checks.has(filter.checkId) && <option value={filter.checkId}>{filter.checkId}</option>}
          {[...checks].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </search>
    </>
  );
}

/** Of all incidents that were listed since the page came: a filter must not take away the other choices. */
function useCheckNames(known: readonly Incident[]): ReadonlyMap<string, string> {
  const [names] = useState(() => new Map<string, string>());
  for (const incident of known) if (hasCheck(incident)) names.set(incident.checkId, titleOf(incident));
  return new Map([...names].sort(([, a], [, b]) => a.localeCompare(b)));
}

/** Said again by a screen reader when it changes, and only then. */
function Count({ incidents, isFiltered }: { incidents: readonly Incident[]; isFiltered: boolean }) {
  const active = incidents.filter(({ state }) => state !== "resolved").length;
  const calm = incidents.length > 0 && !isFiltered ? t("Nothing is going on at this moment.") : "";
  return (
    <p class="quiet" role="status">
      {active > 0 ? plural(active, "{count} active incident", "{count} active incidents") : calm}
    </p>
  );
}

function Families({ incidents, chosen }: { incidents: readonly Incident[]; chosen: Chosen }) {
  return (
    <ul class="cards incidents">
      {familiesOf(incidents).map(({ incident, children }) => (
        <li key={incident.id} class={`incident edge-${edgeOf(incident)}`}>
          <IncidentRow incident={incident} chosen={chosen} />
          {children.length > 0 && (
            <details class="children">
              <summary>{plural(children.length, "{count} incident of checks that depend on it, kept quiet", "{count} incidents of checks that depend on it, kept quiet")}</summary>
              <ul>
                {children.map((child) => (
                  <li key={child.id} class="incident">
                    <IncidentRow incident={child} chosen={chosen} isChild />
                  </li>
                ))}
              </ul>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) return <NothingFits title={t("No incident fits")} onClear={onClear} />;
  return (
    <Empty title={t("No incidents")}>
      <p>{t("When a check fails as often as its threshold asks for, its incident appears here by itself: what is wrong, since when, why that was decided, and everything that was sent about it.")}</p>
    </Empty>
  );
}

function edgeOf({ state, severity }: Incident): string {
  return state === "resolved" ? "up" : severity === "warning" ? "degraded" : "down";
}
