/** One check: how it is, how it was, and what can be done with it. */
import { useEffect, useState } from "preact/hooks";
import { get, post, query, remove } from "../api.ts";
import { stateOf } from "../check_list.ts";
import { listen } from "../events.ts";
import { exactTime, happened, latency, ratio, schedule, span, target } from "../format.ts";
import { figuresMs, useDoing, useLoad, useRefresh } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { HistoryTable } from "../parts/history_table.tsx";
import { LatencyChart } from "../parts/latency_chart.tsx";
import { Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { Strip } from "../parts/strip.tsx";
import { UptimeBars } from "../parts/uptime_bars.tsx";
import { useMayEdit } from "../rights.ts";
import { go } from "../router.ts";
import { loadStatuses, statuses } from "../statuses.ts";
import { useEntry, useNow } from "../store.ts";
import type { Check, Incident, List, Uptime } from "../types.ts";

const windows = ["24h", "7d", "30d", "90d"] as const;
type Window = (typeof windows)[number];

export function CheckPage({ id }: { id: string }) {
  const check = useLoad(id, (signal) => get<Check>(`/checks/${id}`, signal));
  const status = useEntry(statuses, id);
  useEffect(() => void loadStatuses([id]).catch(() => undefined), [id]);
  const state = check.data && stateOf(check.data, status);
  return (
    <Page
      title={check.data?.name ?? "Check"}
      back={{ to: "/", label: "Checks" }}
      beside={state && <StateBadge state={state} />}
      actions={check.data && <CheckActions check={check.data} onChange={check.set} />}
    >
      <Trouble problem={check.error} retry={check.reload} />
      {!check.data && check.loading && <Loading what="the check" />}
      {check.data && <CheckBody check={check.data} />}
    </Page>
  );
}

function CheckBody({ check }: { check: Check }) {
  const [window, setWindow] = useState<Window>("24h");
  return (
    <>
      <OpenIncident checkId={check.id} />
      <Overview check={check} />
      <div class="tabs" role="group" aria-label="Time window">
        {windows.map((one) => (
          <button key={one} type="button" aria-pressed={one === window} onClick={() => setWindow(one)}>
            {one}
          </button>
        ))}
      </div>
      <LatencyChart checkId={check.id} window={window} />
      <UptimeBars checkId={check.id} window={window} />
      <HistoryTable checkId={check.id} />
    </>
  );
}

function Overview({ check }: { check: Check }) {
  const status = useEntry(statuses, check.id);
  const now = useNow();
  const last = status?.lastResult;
  return (
    <section class="card overview" aria-label="Overview">
      <dl class="facts">
        <div>
          <dt>Target</dt>
          <dd>
            <span class="type">{check.type}</span> {target(check.type, check.target)}
          </dd>
        </div>
        <div>
          <dt>Runs</dt>
          <dd>{schedule(check.schedule)}</dd>
        </div>
        <div>
          <dt>In this state for</dt>
          <dd title={exactTime(status?.since)}>{status?.since ? span(now - Date.parse(status.since)) : "–"}</dd>
        </div>
        <div>
          <dt>Last result</dt>
          <dd title={exactTime(last?.finishedAt)}>
            {last ? happened(last.finishedAt, now) : "none yet"}
            {last && `, ${latency(last.latencyMs)}`}
          </dd>
        </div>
      </dl>
      {last?.error && (
        <p class="result-error">
          <code>{last.error.kind}</code> {last.error.message}
        </p>
      )}
      <Strip strip={status?.strip ?? ""} />
      <Uptimes checkId={check.id} />
    </section>
  );
}

function Uptimes({ checkId }: { checkId: string }) {
  const loaded = useLoad(checkId, (signal) => Promise.all(windows.map((window) => get<Uptime>(`/checks/${checkId}/uptime?window=${window}`, signal))));
  useRefresh(loaded.reload, figuresMs);
  return (
    <dl class="uptimes">
      {windows.map((window, index) => (
        <div key={window}>
          <dt>Uptime {window}</dt>
          <dd>{ratio(loaded.data?.[index]?.ratio)}</dd>
        </div>
      ))}
    </dl>
  );
}

function OpenIncident({ checkId }: { checkId: string }) {
  const path = `/incidents${query({ state: "active", checkId, limit: 1 })}`;
  const found = useLoad(checkId, (signal) => get<List<Incident>>(path, signal));
  const now = useNow();
  useEffect(() => listen("incident", (incident) => incident.checkId === checkId && found.reload()), [checkId]);
  const incident = found.data?.items[0];
  if (!incident) return null;
  return (
    <p class="notice bad">
      <StateBadge state={incident.state} />
      <a href={`/incidents/${incident.id}`}>Incident since {span(now - Date.parse(incident.startedAt))}</a>
    </p>
  );
}

function CheckActions({ check, onChange }: { check: Check; onChange: (check: Check) => void }) {
  const doing = useDoing();
  const mayEdit = useMayEdit();
  useEffect(() => {
    if (doing.problem) announce(doing.problem.message, "down");
  }, [doing.problem]);
  if (!mayEdit) return null;
  const act = (path: string, done: string) =>
    void doing.run(async () => {
      const answer = await post<Check>(`/checks/${check.id}/${path}`);
      if (path !== "run") onChange(answer);
      announce(done);
    });
  return (
    <>
      <button type="button" disabled={doing.busy} onClick={() => act("run", "A run has been ordered; its result appears below.")}>
        Run now
      </button>
      {check.enabled ? (
        <button type="button" disabled={doing.busy} onClick={() => act("pause", "Paused.")}>
          Pause
        </button>
      ) : (
        <button type="button" disabled={doing.busy} onClick={() => act("resume", "Resumed.")}>
          Resume
        </button>
      )}
      <a class="button" href={`/checks/${check.id}/edit`}>
        Edit
      </a>
      <ConfirmButton
        label="Delete"
        question={`Delete ${check.name}?`}
        detail="Its results and its uptime go with it. This cannot be undone."
        action={async () => {
          await remove(`/checks/${check.id}`);
          announce(`${check.name} is deleted.`);
          go("/");
        }}
      />
    </>
  );
}
