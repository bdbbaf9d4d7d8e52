/** A maintenance window being written, beside what it would do. */
import { useState } from "preact/hooks";
import { get, patch, post, Problem } from "../api.ts";
import { exactTime, minute } from "../format.ts";
import { errorsByField } from "../fields.ts";
import { plural, t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { aboutFields, maintenanceDocument, maintenanceDraftOf, newMaintenance, scheduleFields, weekdays, type MaintenanceDraft } from "../maintenance_draft.ts";
import { announce } from "../parts/announce.tsx";
import { EditorForm, SaveActions } from "../parts/editor_form.tsx";
import { FieldList } from "../parts/field_list.tsx";
import { Errors } from "../parts/field_input.tsx";
import { MatchersEditor } from "../parts/matchers_editor.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { go } from "../router.ts";
import { useSettled } from "../settled.ts";
import type { FieldError, MaintenancePreview, MaintenanceWindow } from "../types.ts";

const labels = [
  ["name", t("name of the check")],
  ["type", t("type of the check")],
  ["checkId", t("id of the check")],
] as const;
const fields = [...aboutFields, ...scheduleFields];
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function MaintenanceEditPage({ id }: { id: string }) {
  const loaded = useLoad(id || null, (signal) => get<MaintenanceWindow>(`/maintenance/${id}`, signal));
  return (
    <Page title={id ? t("Edit maintenance") : t("New maintenance")} back={{ to: "/maintenance", label: t("Maintenance") }}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {id && !loaded.data && loaded.loading && <Loading what={t("the maintenance window")} />}
      {!id && <Editor read={null} />}
      {id && loaded.data && <Editor read={loaded.data} />}
    </Page>
  );
}

function Editor({ read }: { read: MaintenanceWindow | null }) {
  const [draft, setDraft] = useState<MaintenanceDraft>(() => (read ? maintenanceDraftOf(read, ownZone(), new Date()) : newMaintenance(ownZone(), new Date())));
  const doing = useDoing();
  const { at, rest } = placed(doing.problem?.fields ?? [], draft);
  const change = (pointer: string, value: MaintenanceDraft["values"][string]) => setDraft({ ...draft, values: { ...draft.values, [pointer]: value } });
  const document = maintenanceDocument(draft, read?.schedule.exdates);
  const save = () =>
    doing.run(async () => {
      if (read) await patch(`/maintenance/${read.id}`, read.version, document);
      else await post<MaintenanceWindow>("/maintenance", document);
      announce(t("Saved."));
      go("/maintenance");
    });
  return (
    <EditorForm layout="editor" save={save}>
      <div>
        <Card title={t("What it is")}>
          <FieldList fields={aboutFields} draft={draft.values} errors={at} onChange={change} />
        </Card>
        <Card title={t("When")}>
          <FieldList fields={scheduleFields} draft={draft.values} errors={at} onChange={change} />
          {draft.values["kind"] === "weekly" && <Weekdays days={draft.days} messages={at.get("days") ?? []} onChange={(days) => setDraft({ ...draft, days })} />}
        </Card>
        <Card title={t("Which checks")}>
          <p class="quiet">{t("All conditions must hold.")}</p>
          <MatchersEditor matchers={draft.matchers} errors={at} labels={labels} none={t("Without a condition a window covers nothing.")} onChange={(matchers) => setDraft({ ...draft, matchers })} />
        </Card>
        <Trouble problem={doing.problem} rest={rest} />
        <SaveActions busy={doing.busy} label={read ? t("Save") : t("Create window")} cancelTo="/maintenance" />
      </div>
      <div class="editor-side">
        <Preview document={JSON.stringify({ ...document, name: "preview" })} />
      </div>
    </EditorForm>
  );
}

/** A rule that the builder made is complained about where its days are chosen. */
function placed(errors: readonly FieldError[], draft: MaintenanceDraft) {
  const isBuilt = draft.values["kind"] === "weekly" || draft.values["kind"] === "monthly";
  const moved = errors.map((error) => (isBuilt && error.pointer === "/schedule/rrule" ? { ...error, pointer: draft.values["kind"] === "weekly" ? "days" : "day" } : error));
  return errorsByField(moved, fields, draft.values, (pointer) => pointer.startsWith("/matchers") || pointer === "days");
}

function Weekdays({ days, messages, onChange }: { days: readonly string[]; messages: readonly string[]; onChange: (days: string[]) => void }) {
  return (
    <fieldset class="field">
      <legend>{t("On")}</legend>
      <div class="usual">
        {weekdays.map(([day, name]) => (
          <button key={day} type="button" class="chip" aria-pressed={days.includes(day)} onClick={() => onChange(days.includes(day) ? days.filter((one) => one !== day) : [...days, day])}>
            {name}
          </button>
        ))}
      </div>
      <Errors messages={messages} />
    </fieldset>
  );
}

/** Asked when nothing has been typed for a moment. */
function Preview({ document }: { document: string }) {
  const settled = useSettled(document);
  // What is half typed is refused; that is told when it is saved.
  const loaded = useLoad(settled, () =>
    post<MaintenancePreview>("/maintenance/preview", JSON.parse(settled)).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 422) return null;
      throw error;
    }),
  );
  return (
    <Card title={t("What it would do")}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      <div aria-live="polite">
        {loaded.data === null && <p class="quiet">{t("Not complete yet.")}</p>}
        {loaded.data && <Previewed preview={loaded.data} />}
      </div>
    </Card>
  );
}

function Previewed({ preview: { occurrences, checks, checkCount } }: { preview: MaintenancePreview }) {
  return (
    <>
      <h3>{t("Next")}</h3>
      {occurrences.length === 0 && <p class="quiet">{t("Never again.")}</p>}
      <ol class="plain-list">
        {occurrences.map(({ start, end }) => (
          <li key={start} title={exactTime(start)}>
            {t("{start} to {end}", { start: minute(start), end: minute(end) })}
          </li>
        ))}
      </ol>
      <h3>{checkCount === 0 ? t("No check is covered today") : plural(checkCount, "Covers {count} check today", "Covers {count} checks today")}</h3>
      <ul class="plain-list">
        {checks.slice(0, 20).map(({ id, name }) => (
          <li key={id}>
            <a href={`/checks/${id}`}>{name}</a>
          </li>
        ))}
      </ul>
      {checkCount > 20 && <p class="quiet">{t("and {count} more", { count: checkCount - 20 })}</p>}
    </>
  );
}
