/** How long answers took: percentiles, where the time went, what happened meanwhile; and the same as a table. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { type CheckMark, useIncidentMarks, useMaintenanceMarks } from "../check_marks.ts";
import { listen } from "../events.ts";
import { latency, latencyName, minute } from "../format.ts";
import { t } from "../i18n.ts";
import { columnsOf, type Instants, instantsOf, type LatencyWindow, latencyWindows, marksWithin, quantileNames, type Range, rangeAsQuery, zoomBy, zoomTo } from "../latency_data.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import type { Latency } from "../latency_types.ts";
import type { Check } from "../types.ts";
import { LatencyTable } from "./latency_table.tsx";
import { LatencyPlot } from "./latency_plot.tsx";
import { MarkList } from "./mark_list.tsx";
import { Card, Loading, Trouble } from "./page.tsx";
import type { Shown } from "./time_plot.tsx";

const points = 240;
/** As the server does: longer ranges have too many results to look at. */
const longestWithPhasesMs = 2 * 86_400_000;

const windowNames: Record<LatencyWindow, string> = { "1h": t("1 h"), "6h": t("6 h"), "24h": t("24 h"), "7d": t("7 d"), "30d": t("30 d"), "90d": t("90 d"), "365d": t("1 y") };

interface LatencyChartProps {
  check: Check;
  range: Range;
  onRange: (range: Range) => void;
  /** Those that can be told apart; empty where their name tells nothing. */
  locations: readonly string[];
}

export function LatencyChart({ check, range, onRange, locations }: LatencyChartProps) {
  const [location, setLocation] = useState("");
  const [shown, setShown] = useState<Shown>({ p50: true, p95: true, p99: true, phases: true });
  const span = instantsOf(range, 0);
  const phases = check.type !== "heartbeat" && span.toMs - span.fromMs <= longestWithPhasesMs;
  const path = `/checks/${check.id}/latency${query({ ...rangeAsQuery(range), points, location, phases: phases ? "true" : "" })}`;
  const loaded = useLoad(path, (signal) => get<Latency>(path, signal));
  // The past does not change.
  useRefresh(loaded.reload, "window" in range ? figuresMs : 10 * figuresMs);
  // What has just happened lies beyond the end of what was read.
  useEffect(() => listen("incident", ({ checkId }) => checkId === check.id && "window" in range && loaded.reload()), [check.id, path]);
  const data = loaded.data;
  const seen = useMemo(() => (data ? { fromMs: Date.parse(data.from), toMs: Date.parse(data.to) } : null), [data]);
  const marks = useMarks(check.id, seen);
  const name = latencyName(check.type);
  return (
    <Card title={name} aside={data && <Legend data={data} shown={shown} onChange={setShown} />}>
      <div class="chart-tools">
        <Windows range={range} onRange={onRange} />
        {locations.length > 1 && (
          <select aria-label={t("Location of the chart")} value={location} onChange={(event) => setLocation(event.currentTarget.value)}>
            <option value="">{t("Every location")}</option>
            {locations.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
      </div>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!data && loaded.loading && <Loading what={t("the chart")} />}
      {data && seen && <Body data={data} seen={seen} marks={marks} shown={shown} name={name} onRange={onRange} isOld={loaded.loading} />}
    </Card>
  );
}

function useMarks(checkId: string, seen: Instants | null): readonly CheckMark[] {
  const incidents = useIncidentMarks(checkId);
  const maintenance = useMaintenanceMarks(checkId, seen);
  return useMemo(() => (seen ? marksWithin([...maintenance, ...incidents], seen) : []), [incidents, maintenance, seen]);
}

interface BodyProps {
  data: Latency;
  seen: Instants;
  marks: readonly CheckMark[];
  shown: Shown;
  name: string;
  onRange: (range: Range) => void;
  /** What is shown is not yet what was asked for. */
  isOld: boolean;
}

function Body({ data, seen, marks, shown, name, onRange, isOld }: BodyProps) {
  const columns = useMemo(() => columnsOf(data), [data]);
  const zoom = {
    to: (fromMs: number, toMs: number) => onRange(zoomTo(fromMs, toMs, Date.now())),
    by: (step: "in" | "out", atMs?: number) => onRange(zoomBy(seen, step, { nowMs: Date.now(), atMs })),
  };
  if (data.points.length === 0) return <p class="quiet chart-empty">{t("No results in this time.")}</p>;
  const isPartial = data.phasesFrom !== null && Date.parse(data.phasesFrom) > seen.fromMs + data.stepMs;
  return (
    <div class={isOld ? "chart is-old" : "chart"}>
      <LatencyPlot columns={columns} range={seen} marks={marks} shown={shown} name={name} zoom={zoom} />
      {isPartial && <p class="quiet">{t("Phases are known of the newest 3,000 runs, from {time} on.", { time: minute(data.phasesFrom!) })}</p>}
      <MarkList marks={marks} />
      <LatencyTable data={data} name={name} />
    </div>
  );
}

function Windows({ range, onRange }: { range: Range; onRange: (range: Range) => void }) {
  return (
    <div class="tabs" role="group" aria-label={t("Time window")}>
      {latencyWindows.map((window) => (
        <button key={window} type="button" aria-pressed={"window" in range && range.window === window} onClick={() => onRange({ window })}>
          {windowNames[window]}
        </button>
      ))}
      {!("window" in range) && (
        <button type="button" aria-pressed="true" onClick={() => onRange({ window: "24h" })}>
          {t("Chosen time")} <span aria-hidden="true">×</span>
          <span class="hidden">{t("back to 24 hours")}</span>
        </button>
      )}
    </div>
  );
}

/** Also takes a line away, so that one slow answer does not press all others to the ground. */
function Legend({ data, shown, onChange }: { data: Latency; shown: Shown; onChange: (shown: Shown) => void }) {
  const hasPhases = data.points.some(({ phases }) => phases !== null);
  const toggle = (name: keyof Shown) => () => onChange({ ...shown, [name]: !shown[name] });
  // What the last line that is drawn would leave is an empty picture.
  useEffect(() => {
    if (!hasPhases && !shown.p50 && !shown.p95 && !shown.p99) onChange({ ...shown, p50: true });
  }, [hasPhases, shown]);
  return (
    <div class="legend" role="group" aria-label={t("What the chart shows")}>
      {quantileNames.map((name) => (
        <button key={name} type="button" class={`key key-${name}`} aria-pressed={shown[name]} onClick={toggle(name)}>
          {name} <b>{latency(data[`${name}Ms`])}</b>
        </button>
      ))}
      {hasPhases && (
        <button type="button" class="key key-phases" aria-pressed={shown.phases} onClick={toggle("phases")}>
          {t("phases")}
        </button>
      )}
    </div>
  );
}
