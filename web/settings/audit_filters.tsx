/** Who, what, on what, when. */
import { get } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { ApiKey, List, Member } from "../types.ts";
import { actionGroups, filterNames, type AuditFilter } from "./audit_filter.ts";
import { groupName } from "./audit_names.ts";

export function AuditFilters({ filter, onChange }: { filter: AuditFilter; onChange: (part: Partial<AuditFilter>) => void }) {
  const members = useLoad("members", (signal) => get<List<Member>>("/members", signal));
  const keys = useLoad("keys", (signal) => get<List<ApiKey>>("/auth/api-keys", signal));
  const actors = [...(members.data?.items.map(({ user }) => [user.id, user.name || user.email] as const) ?? []), ...(keys.data?.items.map(({ id, name }) => [id, t("key {name}", { name })] as const) ?? [])];
  const isKnown = (choices: readonly (readonly [string, string])[], value: string) => value === "" || choices.some(([one]) => one === value);
  const actions = actionGroups.map((group) => [group, groupName(group)] as const);
  const isFiltered = filterNames.some((name) => filter[name] !== "");
  return (
    <search class="filters audit-filters">
      <Choice label={t("Who")} all={t("Everybody")} value={filter.actor} choices={isKnown(actors, filter.actor) ? actors : [...actors, [filter.actor, filter.actor]]} onChange={(actor) => onChange({ actor })} />
      <Choice label={t("What")} all={t("Everything")} value={filter.action} choices={isKnown(actions, filter.action) ? actions : [...actions, [filter.action, filter.action]]} onChange={(action) => onChange({ action })} />
      <label>
        {t("About // a thing")}
        <input type="search" placeholder="chk_…" value={filter.subject} spellcheck={false} onInput={(event) => onChange({ subject: event.currentTarget.value.trim() })} />
      </label>
      <label>
        {t("From // a day")}
        <input type="date" value={filter.from} max={filter.to || undefined} onChange={(event) => onChange({ from: event.currentTarget.value })} />
      </label>
      <label>
        {t("To // a day")}
        <input type="date" value={filter.to} min={filter.from || undefined} onChange={(event) => onChange({ to: event.currentTarget.value })} />
      </label>
      {isFiltered && (
        <button type="button" class="plain" onClick={() => onChange({ actor: "", action: "", subject: "", from: "", to: "" })}>
          {t("Show all")}
        </button>
      )}
    </search>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

function Choice({ label, all, value, choices, onChange }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{all}</option>
        {choices.map(([one, shown]) => (
          <option key={one} value={one}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}
