/** The results of a check, newest first, a page at a time; the first page is live. */
import { useEffect, useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { listen } from "../events.ts";
import { exactTime, latencyName, latencyOf, time, words } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { historyRows, withNewest } from "../history.ts";
import { useLoad } from "../load.ts";
import { useNow } from "../store.ts";
import type { History, Missed, Result, WholeStatus } from "../types.ts";
import { Icon } from "./icon.tsx";
import { NewerOlder } from "./older.tsx";
import { Card, Loading, Trouble } from "./page.tsx";
import { ResultDetails } from "../result/result_details.tsx";
import { StateBadge, stateName } from "./state_badge.tsx";

const pageSize = 25;

const missedReasons: Record<string, string> = {
  process_down: t("UptimePing did not run"),
  overload: t("more was due than could be run"),
  overrun: t("the run before had not ended"),
  paused: t("paused"),
};
const missedReason = (reason: string) => missedReasons[reason] ?? words(reason);

interface HistoryTableProps {
  checkId: string;
  type: string;
  /** Those of which results are told apart; empty where their name tells nothing. */
  locations: readonly string[];
}

export function HistoryTable({ checkId, type, locations }: HistoryTableProps) {
  const [status, setStatus] = useState("");
  const [location, setLocation] = useState("");
  // The cursors that led here; the last one is the page that is shown.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const path = `/checks/${checkId}/results${query({ limit: pageSize, cursor: cursors.at(-1), status, location })}`;
  const loaded = useLoad(path, (signal) => get<History>(path, signal));
  const isLive = cursors.length === 0;
  useEffect(() => {
    if (!isLive) return;
    const stops = [
      listen("result", (result) => {
        if (result.checkId !== checkId || (status && result.status !== status) || (location && result.location !== location)) return;
        loaded.set((before) => before && withNewest(before, result, pageSize));
      }),
      listen("resumed", loaded.reload),
    ];
    return () => stops.forEach((stop) => stop());
  }, [checkId, status, location, isLive]);
  const choose = (set: (value: string) => void) => (value: string) => {
    set(value);
    setCursors([]);
  };
  const filter = (
    <>
      {locations.length > 1 && <Filter label={t("Location")} all={t("Every location")} names={locations} value={location} onChange={choose(setLocation)} />}
      <Filter label={t("Status")} all={t("Every status")} names={["up", "degraded", "down", "unknown"]} shown={stateName} value={status} onChange={choose(setStatus)} />
    </>
  );
  return (
    <Card title={t("History")} aside={filter}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the history")} />}
      {loaded.data && <Rows history={loaded.data} type={type} showsLocation={locations.length > 0} />}
      <NewerOlder cursors={cursors} next={loaded.loading ? undefined : loaded.data?.nextCursor} onChange={setCursors} />
    </Card>
  );
}

interface FilterProps {
  label: string;
  /** What it is called when nothing is left out. */
  all: string;
  names: readonly string[];
  /** How a name is shown; as it is, when not said. */
  shown?: (name: string) => string;
  value: string;
  onChange: (value: string) => void;
}

function Filter({ label, all, names, shown = (name) => name, value, onChange }: FilterProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">{all}</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {shown(name)}
        </option>
      ))}
    </select>
  );
}

function Rows({ history, type, showsLocation }: { history: History; type: string; showsLocation: boolean }) {
  const rows = historyRows(history);
  if (rows.length === 0) return <p class="quiet">{t("Nothing here yet.")}</p>;
  return (
    <div class="scroll">
      {/* The roles stay when a narrow window turns the rows into a grid. */}
      <table class="history" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">{t("Time")}</th>
            <th role="columnheader" scope="col">{t("Status")}</th>
            <th role="columnheader" scope="col" class="number">
              {latencyName(type)}
            </th>
            <th role="columnheader" scope="col">{t("What happened")}</th>
          </tr>
        </thead>
        <tbody role="rowgroup">{rows.map((row) => (row.kind === "result" ? <ResultRow key={row.key} result={row.result} type={type} showsLocation={showsLocation} /> : <MissedRow key={row.key} missed={row.missed} showsLocation={showsLocation} />))}</tbody>
      </table>
    </div>
  );
}

function ResultRow({ result, type, showsLocation }: { result: Result; type: string; showsLocation: boolean }) {
  const [open, setOpen] = useState(false);
  const now = useNow();
  const id = `details-${result.id}`;
  return (
    <>
      <tr role="row">
        <td role="cell" title={exactTime(result.startedAt)}>
          <button type="button" class="opener" aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => setOpen(!open)}>
            <Icon name={open ? "down_arrow" : "next"} />
            <span class="number">{time(result.startedAt, now)}</span>
          </button>
        </td>
        <td role="cell">
          <StateBadge state={result.status} />
        </td>
        <td role="cell" class="number">{latencyOf(type, result.latencyMs)}</td>
        <td role="cell" class="message">
          {showsLocation && <span class="quiet">{result.location} </span>}
          {result.error ? (
            <>
              <code>{result.error.kind}</code> {result.error.message}
            </>
          ) : (
            result.attempts > 1 && <span class="quiet">{t("at attempt {number}", { number: result.attempts })}</span>
          )}
        </td>
      </tr>
      {open && (
        <tr role="row" id={id} class="details">
          <td role="cell" colSpan={4}>
            <WholeResult result={result} />
          </td>
        </tr>
      )}
    </>
  );
}

/** The newest result is kept whole, for whoever looks at it; of the ones before that went well, only the numbers. */
function WholeResult({ result }: { result: Result }) {
  const isWhole = result.status !== "up" || (result.assertions?.length ?? 0) > 0;
  const loaded = useLoad(isWhole ? null : result.id, (signal) => get<WholeStatus>(`/checks/${result.checkId}/status`, signal));
  const newest = loaded.data?.locations?.find((at) => at.lastResult?.id === result.id)?.lastResult;
  if (!isWhole && loaded.loading) return <Loading what={t("the details")} />;
  return <ResultDetails result={newest ?? result} />;
}

function MissedRow({ missed, showsLocation }: { missed: Missed; showsLocation: boolean }) {
  const now = useNow();
  return (
    <tr role="row" class="missed">
      <td role="cell" title={exactTime(missed.firstSlotAt)} class="number">
        {time(missed.firstSlotAt, now)}
      </td>
      <td role="cell">
        <StateBadge state="missed" />
      </td>
      <td role="cell" />
      <td role="cell" class="message">
        {showsLocation && <span class="quiet">{missed.location} </span>}
        {plural(missed.count, "{count} run missed until {time}: {why}", "{count} runs missed until {time}: {why}", { time: time(missed.lastSlotAt, now), why: missedReason(missed.reason) })}
      </td>
    </tr>
  );
}
