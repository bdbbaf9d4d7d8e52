/** Incidents and maintenance of a check, for whatever is drawn over time. */
import { useEffect, useMemo } from "preact/hooks";
import { get, query } from "./api.ts";
import { listen } from "./events.ts";
import type { Instants, Mark } from "./latency_data.ts";
import { useLoad } from "./load.ts";
import type { OverlaySpan } from "./latency_types.ts";
import type { Incident, List } from "./types.ts";

export interface CheckMark extends Mark {
  /** Of an incident. */
  incident?: Incident;
}

/** A page of them; who has more in a year has other worries than where they stand in a picture. */
const mostIncidents = 200;

export function useIncidentMarks(checkId: string): readonly CheckMark[] {
  const path = `/incidents${query({ checkId, limit: mostIncidents })}`;
  const loaded = useLoad(path, (signal) => get<List<Incident>>(path, signal));
  useEffect(() => listen("incident", (incident) => incident.checkId === checkId && loaded.reload()), [checkId]);
  return useMemo(() => (loaded.data?.items ?? []).map((incident) => ({ kind: "incident", incident, fromMs: Date.parse(incident.startedAt), toMs: endOf(incident) })), [loaded.data]);
}

/** Read again when another time is looked at; null for nothing yet. */
export function useMaintenanceMarks(checkId: string, range: Instants | null): readonly CheckMark[] {
  const path = range && `/checks/${checkId}/overlay${query({ from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() })}`;
  const loaded = useLoad(path, (signal) => get<{ items: OverlaySpan[] }>(path!, signal));
  return useMemo(() => (loaded.data?.items ?? []).filter(({ countAs }) => countAs === "maintenance").map(({ from, to }) => ({ kind: "maintenance", fromMs: Date.parse(from), toMs: Date.parse(to) })), [loaded.data]);
}

/** One that goes on has no end yet. */
function endOf({ endedAt, resolvedAt }: Incident): number {
  const end = endedAt ?? resolvedAt;
  return end ? Date.parse(end) : Number.MAX_SAFE_INTEGER;
}
