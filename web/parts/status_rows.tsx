/** The groups and links of a status page, put in order by buttons: for a mouse, a keyboard and a finger alike. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n.ts";
import { messagesUnder } from "../pointer.ts";
import { moved, newGroup, newLink, type GroupDraft, type LinkDraft } from "../status_draft.ts";
import type { Check } from "../types.ts";
import { Errors } from "./field_input.tsx";
import { Icon } from "./icon.tsx";

interface RowButtonsProps {
  what: string;
  index: number;
  count: number;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

function RowButtons({ what, index, count, onMove, onRemove }: RowButtonsProps) {
  return (
    <div class="row-buttons">
      <button type="button" class="small" disabled={index === 0} aria-label={t("Move up: {what}", { what })} onClick={() => onMove(-1)}>
        ↑
      </button>
      <button type="button" class="small" disabled={index === count - 1} aria-label={t("Move down: {what}", { what })} onClick={() => onMove(1)}>
        ↓
      </button>
      <button type="button" class="small" aria-label={t("Remove: {what}", { what })} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </div>
  );
}

interface GroupsProps {
  groups: readonly GroupDraft[];
  checks: readonly Check[];
  errors: Map<string, string[]>;
  onChange: (groups: readonly GroupDraft[]) => void;
}

export function StatusGroups({ groups, checks, errors, onChange }: GroupsProps) {
  return (
    <>
      {groups.map((group, index) => (
        <GroupRow
          key={group.key}
          group={group}
          number={index + 1}
          checks={checks}
          messages={messagesUnder(`/groups/${index}`, errors)}
          onChange={(part) => onChange(groups.map((one) => (one.key === group.key ? { ...one, ...part } : one)))}
        >
          <RowButtons what={group.name || t("group {number}", { number: index + 1 })} index={index} count={groups.length} onMove={(by) => onChange(moved(groups, index, by))} onRemove={() => onChange(groups.filter((one) => one !== group))} />
        </GroupRow>
      ))}
      <Errors messages={errors.get("/groups") ?? []} />
      <button type="button" onClick={() => onChange([...groups, newGroup()])}>
        <Icon name="plus" /> {t("Add a group")}
      </button>
    </>
  );
}

interface GroupRowProps {
  group: GroupDraft;
  number: number;
  checks: readonly Check[];
  messages: readonly string[];
  onChange: (part: Partial<GroupDraft>) => void;
  children: ComponentChildren;
}

function GroupRow({ group, number, checks, messages, onChange, children }: GroupRowProps) {
  const label = group.name || t("group {number}", { number });
  const left = checks.filter(({ id }) => !group.checks.includes(id));
  const nameOf = (id: string) => checks.find((check) => check.id === id)?.name ?? id;
  return (
    <fieldset class="status-group" aria-label={label}>
      <div class="status-group-head">
        <label class="field grow">
          <span class="label">{t("Name of the group")}</span>
          <input type="text" value={group.name} autocomplete="off" placeholder={t("None: its checks stand alone")} onInput={(event) => onChange({ name: event.currentTarget.value })} />
        </label>
        {children}
      </div>
      <ol class="status-checks">
        {group.checks.map((id, index) => (
          <li key={id}>
            <span class="grow">{nameOf(id)}</span>
            <RowButtons what={nameOf(id)} index={index} count={group.checks.length} onMove={(by) => onChange({ checks: moved(group.checks, index, by) })} onRemove={() => onChange({ checks: group.checks.filter((one) => one !== id) })} />
          </li>
        ))}
      </ol>
      <label class="field">
        <span class="label">{t("Add a check to {group}", { group: label })}</span>
        <select value="" onChange={(event) => event.currentTarget.value && onChange({ checks: [...group.checks, event.currentTarget.value] })}>
          <option value="">{left.length === 0 ? t("No check is left") : t("Choose a check…")}</option>
          {left.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="label">{t("And all checks with these tags")}</span>
        <input type="text" value={group.tags} placeholder="env=prod team=shop" spellcheck={false} autocomplete="off" onInput={(event) => onChange({ tags: event.currentTarget.value })} />
      </label>
      <label class="check-line">
        <input type="checkbox" checked={group.collapsed} onChange={(event) => onChange({ collapsed: event.currentTarget.checked })} />
        {t("Folded up at first")}
      </label>
      <Errors messages={messages} />
    </fieldset>
  );
}

interface LinksProps {
  links: readonly LinkDraft[];
  errors: Map<string, string[]>;
  onChange: (links: readonly LinkDraft[]) => void;
}

export function StatusLinks({ links, errors, onChange }: LinksProps) {
  const change = (key: number, part: Partial<LinkDraft>) => onChange(links.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return (
    <fieldset class="field wide">
      <legend>{t("Links")}</legend>
      {links.map((link, index) => (
        <div class="status-link" key={link.key}>
          <input type="text" aria-label={t("Link {number}: text", { number: index + 1 })} placeholder={t("Our site")} value={link.label} onInput={(event) => change(link.key, { label: event.currentTarget.value })} />
          <input type="url" aria-label={t("Link {number}: address", { number: index + 1 })} placeholder="https://example.com" value={link.url} onInput={(event) => change(link.key, { url: event.currentTarget.value })} />
          <RowButtons what={link.label || t("link {number}", { number: index + 1 })} index={index} count={links.length} onMove={(by) => onChange(moved(links, index, by))} onRemove={() => onChange(links.filter((one) => one !== link))} />
          <Errors messages={messagesUnder(`/links/${index}`, errors)} />
        </div>
      ))}
      <button type="button" onClick={() => onChange([...links, newLink()])}>
        <Icon name="plus" /> {t("Add a link")}
      </button>
    </fieldset>
  );
}
