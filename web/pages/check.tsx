/** One check: how it is, how it was, and what can be done with it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { stateOf } from "../check_list.ts";
import { listen } from "../events.ts";
import { t } from "../i18n.ts";
import { type Range, rangeAsQuery, rangeIn } from "../latency_data.ts";
import { useLoad } from "../load.ts";
import { AvailabilityCalendar } from "../parts/availability_calendar.tsx";
import { CheckActions } from "../parts/check_actions.tsx";
import { CheckChanges } from "../parts/check_changes.tsx";
import { CheckOverview } from "../parts/check_overview.tsx";
import { HeartbeatPanel } from "../parts/heartbeat_panel.tsx";
import { HistoryTable } from "../parts/history_table.tsx";
import { LastFailureOfCheck } from "../parts/last_failure.tsx";
import { Certificates, LastResult } from "../parts/last_result.tsx";
import { LatencyChart } from "../parts/latency_chart.tsx";
import { LocationRows } from "../parts/location_rows.tsx";
import { Loading, Page, Trouble } from "../parts/page.tsx";
import { PingList } from "../parts/ping_list.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { UptimeBars } from "../parts/uptime_bars.tsx";
import { keepInAddress, place } from "../router.ts";
import { loadStatuses, statuses } from "../statuses.ts";
import { useEntry } from "../store.ts";
import type { Check, Incident, List, State } from "../types.ts";
import { useWholeStatus } from "../whole_status.ts";

export function CheckPage({ id }: { id: string }) {
  const check = useLoad(id, (signal) => get<Check>(`/checks/${id}`, signal));
  const status = useEntry(statuses, id);
  useEffect(() => {
    const load = () => void loadStatuses([id]).catch(() => undefined);
    load();
    return listen("resumed", load);
  }, [id]);
  const state = check.data && stateOf(check.data, status);
  return (
    <Page
      title={check.data?.name ?? t("Check")}
      back={{ to: "/", label: t("Checks") }}
      beside={state && <StateBadge state={state} />}
      actions={check.data && <CheckActions check={check.data} onChange={check.set} />}
    >
      <Trouble problem={check.error} retry={check.reload} />
      {!check.data && check.loading && <Loading what={t("the check")} />}
      {check.data && <CheckBody check={check.data} state={state ?? "pending"} />}
    </Page>
  );
}

function CheckBody({ check, state }: { check: Check; state: State }) {
  const incident = useOpenIncident(check.id);
  const whole = useWholeStatus(check);
  const isHeartbeat = check.type === "heartbeat";
  // Where there is one place to look from, its name tells nothing.
  const hasPlaces = check.locations.length > 1 || check.locations[0] !== "default";
  const locations = hasPlaces ? check.locations : [];
  const result = whole.data?.lastResult;
  return (
    <>
      <CheckOverview check={check} state={state} incident={incident} result={result} />
      <Trouble problem={whole.error} retry={whole.reload} />
      {hasPlaces && <LocationRows locations={whole.data?.locations ?? []} type={check.type} />}
      {isHeartbeat && <HeartbeatPanel checkId={check.id} pingUrl={check.pingUrl ?? ""} isPending={state === "pending"} />}
      {isHeartbeat && <PingList checkId={check.id} />}
      <Past check={check} locations={locations} />
      <div class="check-pair">
        {result && <LastResult result={result} />}
        {/* While it fails, the last result is the last failure. */}
        {result?.status !== "down" && <LastFailureOfCheck checkId={check.id} newest={whole.data?.since ?? ""} />}
        {result && <Certificates result={result} />}
      </div>
      <HistoryTable checkId={check.id} type={check.type} locations={locations} />
      <CheckChanges checkId={check.id} version={check.version} />
    </>
  );
}

const uptimeWindows = ["24h", "7d", "30d", "90d"];

/** The chart and the calendar show the same time: a day that is chosen in one is what the other looks at. */
function Past({ check, locations }: { check: Check; locations: readonly string[] }) {
  const [range, setRange] = useState<Range>(() => rangeIn(place.get().query));
  const chart = useRef<HTMLDivElement>(null);
  const show = (next: Range) => {
    setRange(next);
    keepInAddress(rangeAsQuery(next));
  };
  const showDay = (fromMs: number, toMs: number) => {
    show({ fromMs, toMs: Math.min(toMs, Date.now()) });
    chart.current?.scrollIntoView({ block: "nearest" });
  };
  const window = "window" in range && uptimeWindows.includes(range.window) ? range.window : "24h";
  return (
    <>
      <div ref={chart} class="scroll-target">
        <LatencyChart check={check} range={range} onRange={show} locations={locations} />
      </div>
      <UptimeBars checkId={check.id} window={window} />
      <AvailabilityCalendar checkId={check.id} onDay={showDay} />
    </>
  );
}

/** With its timeline, which says why it was opened. */
function useOpenIncident(checkId: string): Incident | undefined {
  const path = `/incidents${query({ state: "active", checkId, limit: 1 })}`;
  const found = useLoad(checkId, async (signal) => {
    const [first] = (await get<List<Incident>>(path, signal)).items;
    return { incident: first && (await get<Incident>(`/incidents/${first.id}`, signal)) };
  });
  useEffect(() => listen("incident", (incident) => incident.checkId === checkId && found.reload()), [checkId]);
  return found.data?.incident;
}
