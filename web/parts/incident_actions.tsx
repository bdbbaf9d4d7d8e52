/** What a person does about an incident, each act with the comment beside it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import { shortcuts, useKeys } from "../shortcuts.ts";
import { useCell } from "../store.ts";
import { hasCheck } from "../story.ts";
import type { Incident } from "../types.ts";
import { announce } from "./announce.tsx";
import { Card, Trouble } from "./page.tsx";

interface Act {
  path: "acknowledge" | "resolve" | "reopen" | "comment";
  label: string;
  busy: string;
  done: string;
  /** As the browser names it. */
  key?: string;
  keyName?: string;
  primary?: boolean;
  fits: (incident: Incident) => boolean;
}

/** What ends or begins an outage takes two keys: nobody does it by leaning on the keyboard. */
const acts: readonly Act[] = [
  { path: "acknowledge", label: t("Acknowledge"), busy: t("Acknowledging…"), done: t("Acknowledged: reminders stop."), key: "a", keyName: "a", primary: true, fits: ({ state }) => state === "open" },
  { path: "resolve", label: t("Resolve"), busy: t("Resolving…"), done: t("Resolved."), key: "R", keyName: "Shift+R", fits: ({ state }) => state !== "resolved" },
  { path: "reopen", label: t("Reopen"), busy: t("Reopening…"), done: t("Open again."), key: "R", keyName: "Shift+R", fits: ({ state }) => state === "resolved" },
  { path: "comment", label: t("Comment"), busy: t("Commenting…"), done: t("The comment is in the timeline."), fits: () => true },
];

export function IncidentActions({ incident, onChange }: { incident: Incident; onChange: (incident: Incident) => void }) {
  const [comment, setComment] = useState("");
  const [running, setRunning] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const buttons = useRef<HTMLDivElement>(null);
  const doing = useDoing();
  const mayEdit = useMayEdit();
  const text = comment.trim();

  const run = async (act: Act) => {
    if (doing.busy) return;
    if (act.path === "comment" && !text) return field.current?.focus();
    setRunning(act.path);
    const isDone = await doing.run(async () => onChange(await post<Incident>(`/incidents/${incident.id}/${act.path}`, text ? { comment: text } : {})));
    setRunning("");
    if (!isDone) return;
    setComment("");
    announce(act.done);
    // The button that was pressed may be gone; whoever works by keyboard stays in place.
    buttons.current?.focus({ preventScroll: true });
  };
  const possible = mayEdit ? acts.filter((act) => act.fits(incident)) : [];
  useKeys({ ...Object.fromEntries(possible.filter(({ key }) => key).map((act) => [act.key, { what: act.label, run: () => void run(act) }])), ...(mayEdit && { c: { what: t("Comment"), run: () => field.current?.focus() } }) });
  const hasKeys = useCell(shortcuts);
  if (!mayEdit) return null;

  const complaint = doing.problem?.fields.find(({ pointer }) => pointer.startsWith("/comment"));
  return (
    <Card title={t("What to do")}>
      <Trouble problem={complaint ? undefined : doing.problem} rest={doing.problem?.fields ?? []} />
      <div class="field">
        <label for="comment">{t("Comment")}</label>
        <CommentField field={field} value={comment} complaint={complaint?.message} onInput={setComment} onSend={() => void run(acts.at(-1)!)} />
      </div>
      <div class="actions" ref={buttons} role="group" aria-label={t("What to do")} tabIndex={-1}>
        {possible.map((act) => (
          <button
            key={act.path}
            type="button"
            class={act.primary ? "primary" : undefined}
            disabled={doing.busy || (act.path === "comment" && !text)}
            aria-busy={running === act.path}
            aria-keyshortcuts={act.keyName}
            onClick={() => void run(act)}
          >
            {running === act.path ? act.busy : act.label}
          </button>
        ))}
        {hasCheck(incident) && incident.state !== "resolved" && (
          <a class="button" href={`/silences/new?checkId=${incident.checkId}`}>
            {t("Silence this check")}
          </a>
        )}
      </div>
      {hasKeys && <Keys acts={possible} />}
    </Card>
  );
}

interface CommentFieldProps {
  field: { current: HTMLTextAreaElement | null };
  value: string;
  complaint: string | undefined;
  onInput: (text: string) => void;
  onSend: () => void;
}

function CommentField({ field, value, complaint, onInput, onSend }: CommentFieldProps) {
  useEffect(() => {
    if (complaint) field.current?.focus();
  }, [complaint]);
  return (
    <>
      <textarea
        id="comment"
        class="prose"
        ref={field}
        rows={2}
        placeholder={t("What was found, what is being done")}
        value={value}
        aria-invalid={complaint !== undefined}
        aria-describedby={complaint ? "comment-error" : "comment-hint"}
        aria-keyshortcuts="c"
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSend();
          if (event.key === "Escape") field.current?.blur();
        }}
      />
      {complaint && (
        <span class="field-error" id="comment-error">
          {complaint}
        </span>
      )}
      <span class="hint" id="comment-hint">
        {t("Goes with whichever act you choose. Ctrl + Enter adds it alone.")}
      </span>
    </>
  );
}

function Keys({ acts: possible }: { acts: readonly Act[] }) {
  return (
    <p class="quiet keys">
      {possible
        .filter(({ keyName }) => keyName)
        .map(({ path, label, keyName }) => (
          <span key={path}>
            <kbd>{keyName}</kbd> {label.toLowerCase()}
          </span>
        ))}
      <span>
        <kbd>c</kbd> {t("comment // to do")}
      </span>
    </p>
  );
}
