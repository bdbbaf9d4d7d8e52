/** The head of a group in the list: what it is, how its checks are, all of them chosen at once, shown or folded away. */
import { useEffect, useRef } from "preact/hooks";
import { states, type GroupLine } from "../check_list.ts";
import { plural, t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import { selected, toggle } from "../selection.ts";
import { useCell } from "../store.ts";
import { Icon } from "./icon.tsx";
import { stateName } from "./state_badge.tsx";

interface GroupRowProps {
  group: GroupLine;
  /** What the list is grouped by, as in its filter. */
  by: string;
  index: number;
  isCollapsed: boolean;
  mayEdit: boolean;
  onToggle: (key: string) => void;
}

export function GroupRow({ group, by, index, isCollapsed, mayEdit, onToggle }: GroupRowProps) {
  const name = groupName(group.name, by);
  return (
    <div role="row" class="group-row" aria-rowindex={index + 2}>
      {mayEdit && (
        <span role="cell" class="select-cell">
          <GroupBox ids={group.ids} name={name} />
        </span>
      )}
      <span role="cell" class="group-name">
        <button type="button" class="plain aim" aria-expanded={!isCollapsed} onClick={() => onToggle(group.key)}>
          <Icon name={isCollapsed ? "next" : "down_arrow"} />
          <b>{name}</b>
        </button>
      </span>
      <span role="cell" class="group-counts">
        {states
          .filter((state) => state !== "up" && group.counts.get(state))
          .map((state) => (
            <span key={state} class={`state tone-${state}`}>
              <Icon name={state} /> {group.counts.get(state)} {stateName(state)}
            </span>
          ))}
        <span class="quiet">{plural(group.ids.length, "{count} check", "{count} checks")}</span>
      </span>
    </div>
  );
}

function GroupBox({ ids, name }: { ids: readonly string[]; name: string }) {
  const chosen = useCell(selected);
  const box = useRef<HTMLInputElement>(null);
  const many = ids.filter((id) => chosen.has(id)).length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = many > 0 && many < ids.length;
  });
  return <input type="checkbox" ref={box} checked={many === ids.length} aria-label={t("Select all of {name}", { name })} onChange={() => toggle(ids)} />;
}

function groupName(name: string, by: string): string {
  if (by === "state") return stateName(name);
  if (by === "type") return kindNames[name] ?? name;
  if (by === "location") return name;
  return name === "" ? t("without the tag {name}", { name: by.replace(/^tag:/, "") }) : name;
}
