/** What is said on a status page: what goes on first, each with its updates and a place for the next one. */
import { useState } from "preact/hooks";
import { getAll, patch, remove } from "../api.ts";
import { exactTime, minute } from "../format.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import { isOver, noteStates, stateName } from "../status_notes.ts";
import type { StatusNote, StatusPage } from "../status_types.ts";
import type { Check } from "../types.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { Icon } from "./icon.tsx";
import { Card, Trouble } from "./page.tsx";
import { StatusNoteForm } from "./status_note_form.tsx";

export function StatusNotes({ page, checks }: { page: StatusPage; checks: readonly Check[] }) {
  const path = `/status-pages/${page.id}/notes`;
  const loaded = useLoad(path, (signal) => getAll<StatusNote>(path, signal));
  const [writing, setWriting] = useState(false);
  const mayEdit = useMayEdit();
  const notes = loaded.data ?? [];
  const open = notes.filter((note) => !isOver(note));
  const over = notes.filter(isOver);
  const write = mayEdit && !writing && (
    <button type="button" onClick={() => setWriting(true)}>
      <Icon name="plus" /> {t("Write a note")}
    </button>
  );
  return (
    <Card title={t("Notes")} aside={write}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {writing && (
        <StatusNoteForm
          path={path}
          page={page}
          checks={checks}
          onDone={(saved) => {
            setWriting(false);
            if (saved) loaded.reload();
          }}
        />
      )}
      {loaded.data && open.length === 0 && !writing && <p class="quiet">{t("Nothing is said at the moment.")}</p>}
      <NoteList notes={open} path={path} onChange={loaded.reload} />
      {over.length > 0 && (
        <details class="more">
          <summary>{t("What is over")}</summary>
          <NoteList notes={over} path={path} onChange={loaded.reload} />
        </details>
      )}
    </Card>
  );
}

interface NoteListProps {
  notes: readonly StatusNote[];
  path: string;
  onChange: () => void;
}

function NoteList({ notes, path, onChange }: NoteListProps) {
  return (
    <ul class="plain-list">
      {notes.map((note) => (
        <NoteRow key={note.id} note={note} path={`${path}/${note.id}`} onChange={onChange} />
      ))}
    </ul>
  );
}

function NoteRow({ note, path, onChange }: { note: StatusNote; path: string; onChange: () => void }) {
  const mayEdit = useMayEdit();
  return (
    <li class="status-note">
      <div class="message-head">
        <strong class="grow">{note.title}</strong>
        {mayEdit && (
          <ConfirmButton
            small
            label={t("Delete")}
            question={t("Delete the note {name}?", { name: note.title })}
            detail={t("Whoever was told of it has been told.")}
            action={async () => {
              await remove(path);
              announce(t("The note is deleted."));
              onChange();
            }}
          />
        )}
      </div>
      <ol class="timeline">
        {note.updates.toReversed().map((update) => (
          <li key={update.at + update.state}>
            <time dateTime={update.at} title={exactTime(update.at)}>{minute(update.at)}</time>
            <div>
              <strong>{stateName(note, update.state)}</strong>
              <p>{update.text}</p>
            </div>
          </li>
        ))}
      </ol>
      {mayEdit && <NextUpdate note={note} path={path} onChange={onChange} />}
    </li>
  );
}

function NextUpdate({ note, path, onChange }: { note: StatusNote; path: string; onChange: () => void }) {
  const doing = useDoing();
  const [state, setState] = useState(note.updates.at(-1)!.state);
  const [text, setText] = useState("");
  const say = () =>
    void doing.run(async () => {
      await patch<StatusNote>(path, note.version, { updates: [...note.updates, { state, text }] });
      announce(t("Said."));
      setText("");
      onChange();
    });
  return (
    <div class="status-update">
      <select aria-label={t("State of {name}", { name: note.title })} value={state} onChange={(event) => setState(event.currentTarget.value)}>
        {noteStates[note.kind].map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <textarea aria-label={t("Next update of {name}", { name: note.title })} rows={2} placeholder={t("What is new")} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="button" disabled={doing.busy || text.trim() === ""} onClick={say}>
        {t("Add the update")}
      </button>
      <Trouble problem={doing.problem} />
    </div>
  );
}
