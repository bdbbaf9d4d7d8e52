/** One check in the list. It reads its own state and whether it is chosen, so that an event redraws this row and no other. */
import { stateOf } from "../check_list.ts";
import type { ListedCheck } from "../checks_store.ts";
import { coarse, happened, latencyOf, ratio, target } from "../format.ts";
import { t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import { useIsSelected } from "../selection.ts";
import { statuses } from "../statuses.ts";
import { useEntry, useNow } from "../store.ts";
import type { CheckStatus } from "../types.ts";
import { StateBadge } from "./state_badge.tsx";
import { Sparkline, Strip } from "./strip.tsx";

interface CheckRowProps {
  check: ListedCheck;
  index: number;
  mayEdit: boolean;
  /** `extend` from the one that was chosen before. */
  onSelect: (id: string, extend: boolean) => void;
  onTag: (tag: string) => void;
}

export function CheckRow({ check, index, mayEdit, onSelect, onTag }: CheckRowProps) {
  const status = useEntry(statuses, check.id);
  const isChosen = useIsSelected(check.id);
  const state = stateOf(check, status);
  return (
    <div role="row" class={`row edge-${state} ${isChosen ? "chosen-row" : ""}`} aria-rowindex={index + 2} data-check={check.id}>
      {mayEdit && (
        <span role="cell" class="select-cell">
          <input type="checkbox" checked={isChosen} aria-label={t("Select {name}", { name: check.name })} onClick={(event) => onSelect(check.id, event.shiftKey)} />
        </span>
      )}
      <span role="cell" class="state-cell">
        <StateBadge state={state} />
        <Since status={status} />
      </span>
      <span role="cell" class="name-cell">
        <span class="name-line">
          <a class="aim" href={`/checks/${check.id}`}>
            {check.name}
          </a>
          {Object.entries(check.tags).map(([name, value]) => (
            <Tag key={name} name={name} value={value} onTag={onTag} />
          ))}
        </span>
        <small class="quiet">
          <span class="type">{kindNames[check.type] ?? check.type}</span> {said(check, status)}
        </small>
      </span>
      <span role="cell" class="strip-cell">
        <Strip strip={status?.strip ?? ""} />
      </span>
      <span role="cell" class="number uptime-cell">
        <span class="on-card quiet">{t("24 h")}</span> {ratio(status?.uptime24h)}
      </span>
      <span role="cell" class="latency-cell">
        <Sparkline values={status?.stripLatencyMs ?? []} />
        <span class="number">{latencyOf(check.type, status?.lastResult?.latencyMs)}</span>
      </span>
    </div>
  );
}

/** By mouse only: with the keyboard the same is in the filters, and a list of thousands has enough stops. */
function Tag({ name, value, onTag }: { name: string; value: string; onTag: (tag: string) => void }) {
  const tag = `${name}:${value}`;
  return (
    <span class="tag" title={t("Show only {tag}", { tag })} onClick={() => onTag(tag)}>
      {tag}
    </span>
  );
}

function Since({ status }: { status: CheckStatus | undefined }) {
  const now = useNow();
  if (!status?.since || status.state === "pending") return null;
  return (
    <small class="quiet" title={happened(status.since, now)}>
      {coarse(now - Date.parse(status.since))}
    </small>
  );
}

/** What it looks at; of one in trouble, what it last said. */
function said(check: ListedCheck, status: CheckStatus | undefined) {
  const error = check.enabled && status?.state !== "up" ? status?.lastResult?.error?.message : undefined;
  return error ? <span class="said-error" title={error}>{error}</span> : target(check.type, check.target);
}
