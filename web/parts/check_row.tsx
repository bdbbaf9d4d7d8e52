/** One check in the list. It reads its own state, so that an event redraws this row and no other. */
import { stateOf } from "../check_list.ts";
import { coarse, happened, latency, ratio, target } from "../format.ts";
import { statuses } from "../statuses.ts";
import { useEntry, useNow } from "../store.ts";
import type { Check } from "../types.ts";
import { StateBadge } from "./state_badge.tsx";
import { Sparkline, Strip } from "./strip.tsx";

export function CheckRowHead() {
  return (
    <div role="rowgroup">
      <div role="row" class="row head" aria-rowindex={1}>
        <span role="columnheader">State</span>
        <span role="columnheader">Check</span>
        <span role="columnheader">Last results</span>
        <span role="columnheader" class="number">
          24 h
        </span>
        <span role="columnheader" class="latency-cell">
          Latency
        </span>
      </div>
    </div>
  );
}

export function CheckRow({ check, index }: { check: Check; index: number }) {
  const status = useEntry(statuses, check.id);
  const now = useNow();
  const state = stateOf(check, status);
  return (
    <div role="row" class={`row edge-${state}`} aria-rowindex={index + 2}>
      <span role="cell" class="state-cell">
        <StateBadge state={state} />
        {status?.since && state !== "pending" && (
          <small class="quiet" title={happened(status.since, now)}>
            {coarse(now - Date.parse(status.since))}
          </small>
        )}
      </span>
      <span role="cell" class="name-cell">
        <a href={`/checks/${check.id}`}>{check.name}</a>
        {Object.entries(check.tags).map(([name, value]) => (
          <span key={name} class="tag">
            {name}:{value}
          </span>
        ))}
        <small class="quiet">
          <span class="type">{check.type}</span> {target(check.type, check.target)}
        </small>
      </span>
      <span role="cell" class="strip-cell">
        <Strip strip={status?.strip ?? ""} />
      </span>
      <span role="cell" class="number">
        {ratio(status?.uptime24h)}
      </span>
      <span role="cell" class="latency-cell">
        <Sparkline values={status?.stripLatencyMs ?? []} />
        <span class="number">{latency(status?.lastResult?.latencyMs)}</span>
      </span>
    </div>
  );
}
