/** A status page being written, beside what visitors would see; a saved one also with its notes and its subscribers. */
import { useState } from "preact/hooks";
import { create, get, getAll, newKey, patch, remove } from "../api.ts";
import { errorsByField, type Field, type Value } from "../fields.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { EditorForm, SaveActions } from "../parts/editor_form.tsx";
import { FieldList } from "../parts/field_list.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { StatusNotes } from "../parts/status_notes.tsx";
import { StatusPreview } from "../parts/status_preview.tsx";
import { StatusGroups, StatusLinks } from "../parts/status_rows.tsx";
import { StatusShare } from "../parts/status_share.tsx";
import { StatusSubscribers } from "../parts/status_subscribers.tsx";
import { useMayEdit } from "../rights.ts";
import { go } from "../router.ts";
import { aboutFields, lookFields, newStatusPage, pageFields, passwordPart, reachFields, slugOf, statusDocument, statusDraftOf, type StatusDraft } from "../status_draft.ts";
import type { StatusPage } from "../status_types.ts";
import type { Channel, Check } from "../types.ts";

const back = { to: "/status-pages", label: t("Status pages") };

export function StatusPageEditPage({ id }: { id: string }) {
  const loaded = useLoad(id || null, (signal) => get<StatusPage>(`/status-pages/${id}`, signal));
  if (id === "") return <Editor saved={undefined} onSaved={() => undefined} />;
  if (loaded.data) return <Editor key={loaded.data.version} saved={loaded.data} onSaved={loaded.set} />;
  return (
    <Page title={t("Status page")} back={back}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {loaded.loading && <Loading what={t("the status page")} />}
    </Page>
  );
}

interface EditorProps {
  saved: StatusPage | undefined;
  onSaved: (page: StatusPage) => void;
}

function Editor({ saved, onSaved }: EditorProps) {
  const [draft, setDraft] = useState(() => (saved ? statusDraftOf(saved) : newStatusPage()));
  const [key] = useState(newKey);
  const { data: checks = [] } = useLoad("checks", (signal) => getAll<Check>("/checks", signal));
  const mayEdit = useMayEdit();
  const doing = useDoing();
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], pageFields, draft.values, (pointer) => /^\/(groups(\/|$)|links\/)/.test(pointer));
  const change = (pointer: string, value: Value) => setDraft(withValue(draft, pointer, value));
  const save = () =>
    doing.run(async () => {
      const document = { ...statusDocument(draft), ...passwordPart(draft, saved?.protected === true) };
      const page = saved ? await patch<StatusPage>(`/status-pages/${saved.id}`, saved.version, document) : await create<StatusPage>("/status-pages", document, key);
      announce(page.published ? t("Saved and published.") : t("Saved. It is not published yet."));
      if (saved) onSaved(page);
      else go(`/status-pages/${page.id}`);
    });
  return (
    <Page title={saved?.title ?? t("New status page")} back={back}>
      {saved && <StatusNotes page={saved} checks={checks} />}
      <EditorForm layout="editor" save={save}>
        <div>
          <Card title={t("About")}>
            <FieldList fields={aboutFields} draft={draft.values} errors={at} onChange={change} />
          </Card>
          <Card title={t("What it shows")}>
            <StatusGroups groups={draft.groups} checks={checks} errors={at} onChange={(groups) => setDraft({ ...draft, groups })} />
          </Card>
          <Card title={t("How it looks")}>
            <FieldList fields={lookFields} draft={draft.values} errors={at} onChange={change} />
            <StatusLinks links={draft.links} errors={at} onChange={(links) => setDraft({ ...draft, links })} />
          </Card>
          <Card title={t("Who reaches it")}>
            <ReachFields draft={draft} errors={at} onChange={change} />
          </Card>
          <Trouble problem={doing.problem} rest={rest} />
          {mayEdit && <Actions saved={saved} busy={doing.busy} />}
        </div>
        <div class="editor-side">
          <Card title={t("Preview")}>
            <StatusPreview id={saved?.id ?? ""} document={statusDocument(draft)} />
          </Card>
        </div>
      </EditorForm>
      {saved && <StatusShare page={saved} checks={checks} />}
      {saved?.subscribe && mayEdit && <StatusSubscribers pageId={saved.id} />}
    </Page>
  );
}

function Actions({ saved, busy }: { saved: StatusPage | undefined; busy: boolean }) {
  return (
    <SaveActions busy={busy} label={saved ? t("Save") : t("Create page")} cancelTo="/status-pages">
      {saved && (
        <ConfirmButton
          label={t("Delete")}
          question={t("Delete the status page {name}?", { name: saved.title })}
          detail={t("Its notes and its subscribers are deleted with it.")}
          action={async () => {
            await remove(`/status-pages/${saved.id}`);
            announce(t("The status page is deleted."));
            go("/status-pages");
          }}
        />
      )}
    </SaveActions>
  );
}

function ReachFields({ draft, errors, onChange }: { draft: StatusDraft; errors: Map<string, string[]>; onChange: (pointer: string, value: Value) => void }) {
  const { data: channels = [] } = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const mails = channels.filter(({ type }) => type === "email").map(({ id, name }) => [id, name] as const);
  const fields = reachFields.map((field): Field => (field.pointer === "/emailChannel" ? { ...field, choices: [["", mails.length === 0 ? t("No e-mail channel: webhooks only") : t("No mails: webhooks only")], ...mails] } : field));
  return <FieldList fields={fields} draft={draft.values} errors={errors} onChange={onChange} />;
}

/** As long as nobody wrote an address, it follows from the title. */
function withValue(draft: StatusDraft, pointer: string, value: Value): StatusDraft {
  const follows = pointer === "/title" && draft.values["/slug"] === slugOf(String(draft.values["/title"]));
  return { ...draft, values: { ...draft.values, [pointer]: value, ...(follows && { "/slug": slugOf(String(value)) }) } };
}
