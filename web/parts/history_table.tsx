/** The results of a check, newest first, a page at a time; the first page is live. */
import { useEffect, useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { listen } from "../events.ts";
import { count, exactTime, latency, time, words } from "../format.ts";
import { historyRows, withNewest } from "../history.ts";
import { useLoad } from "../load.ts";
import { useNow } from "../store.ts";
import type { History, Missed, Result } from "../types.ts";
import { Icon } from "./icon.tsx";
import { Card, Loading, Trouble } from "./page.tsx";
import { ResultDetails } from "./result_details.tsx";
import { StateBadge } from "./state_badge.tsx";

const pageSize = 25;

export function HistoryTable({ checkId }: { checkId: string }) {
  const [status, setStatus] = useState("");
  // The cursors that led here; the last one is the page that is shown.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const path = `/checks/${checkId}/results${query({ limit: pageSize, cursor: cursors.at(-1), status })}`;
  const loaded = useLoad(path, (signal) => get<History>(path, signal));
  const isLive = cursors.length === 0;
  useEffect(() => {
    if (!isLive) return;
    const stops = [
      listen("result", (result) => {
        if (result.checkId !== checkId || (status && result.status !== status)) return;
        loaded.set((before) => before && withNewest(before, result, pageSize));
      }),
      listen("resumed", loaded.reload),
    ];
    return () => stops.forEach((stop) => stop());
  }, [checkId, status, isLive]);
  const filter = (
    <select
      aria-label="Status"
      value={status}
      onChange={(event) => {
        setStatus(event.currentTarget.value);
        setCursors([]);
      }}
    >
      <option value="">Every status</option>
      {["up", "degraded", "down", "unknown"].map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
  const next = loaded.data?.nextCursor;
  return (
    <Card title="History" aside={filter}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what="the history" />}
      {loaded.data && <Rows history={loaded.data} />}
      <div class="pager">
        <button type="button" disabled={isLive} onClick={() => setCursors(cursors.slice(0, -1))}>
          Newer
        </button>
        <button type="button" disabled={!next || loaded.loading} onClick={() => next && setCursors([...cursors, next])}>
          Older
        </button>
      </div>
    </Card>
  );
}

function Rows({ history }: { history: History }) {
  const rows = historyRows(history);
  if (rows.length === 0) return <p class="quiet">Nothing here yet.</p>;
  return (
    <div class="scroll">
      {/* The roles stay when a narrow window turns the rows into a grid. */}
      <table class="history" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Time</th>
            <th role="columnheader" scope="col">Status</th>
            <th role="columnheader" scope="col" class="number">
              Latency
            </th>
            <th role="columnheader" scope="col">What happened</th>
          </tr>
        </thead>
        <tbody role="rowgroup">{rows.map((row) => (row.kind === "result" ? <ResultRow key={row.key} result={row.result} /> : <MissedRow key={row.key} missed={row.missed} />))}</tbody>
      </table>
    </div>
  );
}

function ResultRow({ result }: { result: Result }) {
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
        <td role="cell" class="number">{latency(result.latencyMs)}</td>
        <td role="cell" class="message">
          {result.error ? (
            <>
              <code>{result.error.kind}</code> {result.error.message}
            </>
          ) : (
            result.attempts > 1 && <span class="quiet">at attempt {result.attempts}</span>
          )}
        </td>
      </tr>
      {open && (
        <tr role="row" id={id} class="details">
          <td role="cell" colSpan={4}>
            <ResultDetails result={result} />
          </td>
        </tr>
      )}
    </>
  );
}

function MissedRow({ missed }: { missed: Missed }) {
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
        {count(missed.count, "run")} missed until {time(missed.lastSlotAt, now)}: {words(missed.reason)}
      </td>
    </tr>
  );
}
