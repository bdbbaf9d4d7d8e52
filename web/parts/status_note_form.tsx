/** A new note: of an outage, or of planned work. */
import { useId, useState } from "preact/hooks";
import { create, newKey } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { emptyNote, impacts, noteDocument, noteStates, withKind, type NoteDraft } from "../status_notes.ts";
import type { StatusNote, StatusPage } from "../status_types.ts";
import type { Check } from "../types.ts";
import { announce } from "./announce.tsx";
import { Trouble } from "./page.tsx";

interface NoteFormProps {
  path: string;
  page: StatusPage;
  checks: readonly Check[];
  onDone: (saved: boolean) => void;
}

export function StatusNoteForm({ path, page, checks, onDone }: NoteFormProps) {
  const [draft, setDraft] = useState<NoteDraft>(emptyNote);
  const [key] = useState(newKey);
  const doing = useDoing();
  const change = (part: Partial<NoteDraft>) => setDraft({ ...draft, ...part });
  const save = () =>
    void doing.run(async () => {
      await create<StatusNote>(path, noteDocument(draft), key);
      announce(t("The note is on the page."));
      onDone(true);
    });
  return (
    <div class="status-note" role="group" aria-label={t("New note")}>
      <div class="fields">
        <Choice label={t("It is about")} value={draft.kind} choices={[["incident", t("An outage")], ["maintenance", t("Planned work")]]} onChange={(kind) => setDraft(withKind(draft, kind as NoteDraft["kind"]))} />
        <Input label={t("Title")} value={draft.title} onInput={(title) => change({ title })} />
        <Choice label={t("Impact")} value={draft.impact} choices={impacts} onChange={(impact) => change({ impact })} />
        <Choice label={t("State")} value={draft.state} choices={noteStates[draft.kind]} onChange={(state) => change({ state })} />
        {draft.kind === "maintenance" && (
          <>
            <Input label={t("From")} type="datetime-local" value={draft.startsAt} onInput={(startsAt) => change({ startsAt })} />
            <Input label={t("To")} type="datetime-local" value={draft.endsAt} onInput={(endsAt) => change({ endsAt })} />
          </>
        )}
        <Text value={draft.text} onInput={(text) => change({ text })} />
        <Affected draft={draft} page={page} checks={checks} onChange={change} />
      </div>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      <div class="actions">
        <button type="button" class="primary" disabled={doing.busy} onClick={save}>
          {doing.busy ? t("Saving…") : t("Put it on the page")}
        </button>
        <button type="button" onClick={() => onDone(false)}>
          {t("Cancel")}
        </button>
      </div>
    </div>
  );
}

function Text({ value, onInput }: { value: string; onInput: (text: string) => void }) {
  const id = useId();
  return (
    <div class="field wide">
      <label for={id}>{t("What you have to say")}</label>
      <textarea id={id} rows={4} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}

function Affected({ draft, page, checks, onChange }: { draft: NoteDraft; page: StatusPage; checks: readonly Check[]; onChange: (part: Partial<NoteDraft>) => void }) {
  const named = page.groups.flatMap((group) => group.checks);
  const byTags = page.groups.map(({ tags }) => Object.entries(tags)).filter((pairs) => pairs.length > 0);
  const shown = checks.filter((check) => named.includes(check.id) || byTags.some((pairs) => pairs.every(([name, value]) => check.tags[name] === value)));
  const toggle = (id: string, on: boolean) => onChange({ components: on ? [...draft.components, id] : draft.components.filter((one) => one !== id) });
  return (
    <fieldset class="field wide">
      <legend>{t("Affects")}</legend>
      {shown.map(({ id, name }) => (
        <label key={id} class="check-line">
          <input type="checkbox" checked={draft.components.includes(id)} onChange={(event) => toggle(id, event.currentTarget.checked)} />
          {name}
        </label>
      ))}
      {page.subscribe && (
        <label class="check-line">
          <input type="checkbox" checked={draft.notify} onChange={(event) => onChange({ notify: event.currentTarget.checked })} />
          {t("Tell subscribers")}
        </label>
      )}
    </fieldset>
  );
}

function Input({ label, value, type = "text", onInput }: { label: string; value: string; type?: "text" | "datetime-local"; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type={type as "text"} value={value} autocomplete="off" onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, choices, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map(([name, shown]) => (
          <option key={name} value={name}>
            {shown}
          </option>
        ))}
      </select>
    </div>
  );
}
