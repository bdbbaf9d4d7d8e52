/** Saying that a time was not what the results say, and why; and what was said so far. */
import { useRef, useState } from "preact/hooks";
import { get, post, remove } from "../api.ts";
import type { Draft, Field } from "../fields.ts";
import { emptyDraft, errorsByField } from "../fields.ts";
import { minute } from "../format.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { instantOf, localOf } from "../maintenance_draft.ts";
import type { Correction } from "../types.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { FieldList } from "./field_list.tsx";
import { Trouble } from "./page.tsx";

const outcomes = [
  ["up", t("up")],
  ["down", t("down")],
  ["unknown", t("not observed")],
  ["maintenance", t("maintenance")],
] as const;

const fields: readonly Field[] = [
  { pointer: "/from", label: t("From"), kind: "moment" },
  { pointer: "/to", label: t("To"), kind: "moment" },
  { pointer: "/countAs", label: t("Counts as"), kind: "choice", choices: outcomes, initial: "maintenance" },
  { pointer: "/reason", label: t("Why"), kind: "area", hint: t("Shown with the uptime and kept in the audit log"), wide: true },
];

export function CorrectPast({ checkId, onChange }: { checkId: string; onChange: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [draft, setDraft] = useState<Draft>({});
  const doing = useDoing();
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], fields, draft);
  const open = () => {
    // With the minute that has begun.
    const end = new Date(Date.now() + 59_999);
    setDraft({ ...emptyDraft(fields), "/from": localOf(new Date(end.getTime() - 3_600_000)), "/to": localOf(end) });
    doing.clear();
    dialog.current?.showModal();
  };
  const save = async () => {
    const said = (name: string) => String(draft[`/${name}`] ?? "");
    const well = await doing.run(() => post(`/checks/${checkId}/corrections`, { from: instantOf(said("from")), to: instantOf(said("to")), countAs: said("countAs"), reason: said("reason") }));
    if (!well) return;
    dialog.current?.close();
    announce(t("The past is corrected."));
    onChange();
  };
  return (
    <>
      <button type="button" class="small" onClick={open}>
        {t("Correct the past")}
      </button>
      <dialog ref={dialog} aria-label={t("Correct the past")}>
        <h2>{t("Correct the past")}</h2>
        <p class="quiet">{t("The results stay as they are; uptime counts them as you say. Where two corrections overlap, the newer one holds.")}</p>
        <FieldList fields={fields} draft={draft} errors={at} onChange={(pointer, value) => setDraft({ ...draft, [pointer]: value })} />
        <Trouble problem={doing.problem} rest={rest} />
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {t("Cancel")}
          </button>
          <button type="button" class="primary" disabled={doing.busy} onClick={() => void save()}>
            {t("Correct // a verb")}
          </button>
        </div>
      </dialog>
    </>
  );
}

/** `mayEdit` says whether one may take them back. */
export function CorrectionList({ checkId, mayEdit, onChange }: { checkId: string; mayEdit: boolean; onChange: () => void }) {
  const loaded = useLoad(checkId, (signal) => get<{ items: Correction[] }>(`/checks/${checkId}/corrections`, signal));
  return (
    <>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      <ul class="plain-list">
        {loaded.data?.items.map(({ id, from, to, countAs, reason }) => (
          <li key={id}>
            {t("{from} to {to} counts as {state}: {reason}", { from: minute(from), to: minute(to), state: outcomes.find(([name]) => name === countAs)?.[1] ?? countAs, reason })}{" "}
            {mayEdit && (
              <ConfirmButton
                small
                label={t("Take back")}
                question={t("Take this correction back?")}
                detail={t("The uptime is again what the results say.")}
                action={async () => {
                  await remove(`/checks/${checkId}/corrections/${id}`);
                  loaded.reload();
                  onChange();
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
