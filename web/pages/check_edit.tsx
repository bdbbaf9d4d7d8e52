/** A check being written: nothing typed is lost, every complaint stands at its field, and it can be tried before it is saved. */
import { useRef, useState } from "preact/hooks";
import { create, get, getAll, newKey, patch, post, Problem } from "../api.ts";
import { checkTypes, fieldsOf } from "../check_fields.ts";
import { documentOfDraft, draftOfCheck, newCheck, withType, type CheckDraft } from "../check_draft.ts";
import { errorsByField, type Value } from "../fields.ts";
import { withChoice, withOutline } from "../grpc_call.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { AssertionsEditor } from "../parts/assertions_editor.tsx";
import { ChannelChoice } from "../parts/channel_choice.tsx";
import { DependencyChoice } from "../parts/dependency_choice.tsx";
import { FieldList, focusFirstError, More } from "../parts/field_list.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { ScheduleEditor } from "../parts/schedule_editor.tsx";
import { TestPanel, type Trial } from "../parts/test_panel.tsx";
import { TypeChoice } from "../parts/type_choice.tsx";
import { mergePatch, sortErrors, textOf } from "../pointer.ts";
import { go, place } from "../router.ts";
import type { Check, FieldError, JsonObject, ProtoSet, Result } from "../types.ts";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function CheckEditPage({ id }: { id: string }) {
  const loaded = useLoad(id || null, (signal) => get<JsonObject>(`/checks/${id}`, signal));
  const back = id ? { to: `/checks/${id}`, label: textOf(loaded.data?.["name"]) || "Check" } : { to: "/", label: "Checks" };
  return (
    <Page title={id ? "Edit check" : "New check"} back={back}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {id && !loaded.data && loaded.loading && <Loading what="the check" />}
      {!id && <Editor read={null} begin={startingDraft} />}
      {id && loaded.data && <Editor read={loaded.data} begin={() => draftOfCheck(loaded.data!, zone)} />}
    </Page>
  );
}

function startingDraft(): CheckDraft {
  const query = place.get().query;
  const asked = query.get("type") ?? "http";
  const draft = newCheck(checkTypes.some(([type]) => type === asked) ? asked : "http", zone);
  const url = query.get("url");
  if (!url) return draft;
  const name = URL.canParse(url) ? new URL(url).hostname : "";
  return { ...draft, values: { ...draft.values, [draft.type]: { ...draft.values[draft.type]!, "/target/url": url, "/name": name } } };
}

function Editor({ read, begin }: { read: JsonObject | null; begin: () => CheckDraft }) {
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(begin);
  const saving = useDoing();
  const trying = useDoing();
  const [trial, setTrial] = useState<Trial>();
  const sent = useRef({ text: "", key: "" });
  // The same document sent again is the same wish: a lost answer must not make two checks of it.
  const keyFor = (document: JsonObject) => {
    const text = JSON.stringify(document);
    if (sent.current.text !== text) sent.current = { text, key: newKey() };
    return sent.current.key;
  };
  const sets = useProtoSets(draft.type);
  const values = draft.values[draft.type]!;
  const fields = withOutline(fieldsOf(draft.type), values, sets);
  const problem = saving.problem ?? trying.problem;
  const complaints = complaintsOf(problem, draft);
  const change = (pointer: string, value: Value) => setDraft((before) => ({ ...before, values: { ...before.values, [before.type]: withChoice(before.values[before.type]!, pointer, value, sets) } }));

  const save = async () => {
    trying.clear();
    const well = await saving.run(async () => {
      const document = checked(draft, read);
      const saved = await store(document, read, keyFor(document));
      announce(read ? "Saved." : `${saved.name} is being watched.`);
      go(`/checks/${saved.id}`);
    });
    if (!well) focusFirstError(form.current);
  };
  const tryIt = async () => {
    saving.clear();
    const well = await trying.run(async () => {
      setTrial({ running: true });
      try {
        setTrial({ running: false, result: await test(checked(draft, read), read) });
      } catch (error) {
        setTrial(undefined);
        throw error;
      }
    });
    if (!well) focusFirstError(form.current);
  };
  const { fieldErrors, rest } = complaints;
  return (
    <form
      ref={form}
      class="editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="editor-form">
        {!read && <TypeChoice types={checkTypes} type={draft.type} onChange={(type) => setDraft(withType(draft, type))} />}
        <Card title="What to check">
          <FieldList fields={fields.filter((field) => !field.more)} draft={values} errors={fieldErrors} onChange={change} />
        </Card>
        <Card title="When">
          <ScheduleEditor schedule={draft.schedule} errors={fieldErrors} onChange={(schedule) => setDraft({ ...draft, schedule })} />
        </Card>
        <Card title="What must hold">
          <AssertionsEditor type={draft.type} assertions={draft.assertions} errors={fieldErrors} onChange={(assertions) => setDraft({ ...draft, assertions })} />
        </Card>
        <section class="card">
          <More fields={fields} errors={fieldErrors}>
            <FieldList fields={fields.filter((field) => field.more)} draft={values} errors={fieldErrors} onChange={change} />
            <ChannelChoice chosen={draft.channels} onChange={(channels) => setDraft({ ...draft, channels })} />
            <DependencyChoice own={textOf(read?.["id"])} chosen={draft.dependsOn} errors={fieldErrors.get("/dependsOn") ?? []} onChange={(dependsOn) => setDraft({ ...draft, dependsOn })} />
          </More>
        </section>
      </div>
      <aside class="editor-side" aria-label="Try and save">
        <Trouble problem={problem} rest={rest} />
        <div class="actions">
          <button type="submit" class="primary" disabled={saving.busy}>
            {saving.busy ? "Saving…" : read ? "Save" : "Create check"}
          </button>
          <button type="button" disabled={trying.busy} onClick={() => void tryIt()}>
            {trying.busy ? "Testing…" : "Test now"}
          </button>
        </div>
        <TestPanel trial={trial} />
      </aside>
    </form>
  );
}

function useProtoSets(type: string): ProtoSet[] | undefined {
  return useLoad(type === "grpc" ? "protos" : null, (signal) => getAll<ProtoSet>("/forge/protos", signal)).data;
}

/** The document to send; what cannot be sent is refused here in the same shape in which the server would refuse it. */
function checked(draft: CheckDraft, read: JsonObject | null): JsonObject {
  const { document, errors } = documentOfDraft(draft, read ?? {});
  if (errors.length > 0) throw new Problem(422, "invalid_argument", "Some fields cannot be used as they are.", errors);
  return document;
}

async function store(document: JsonObject, read: JsonObject | null, key: string): Promise<Check> {
  if (!read) return create<Check>("/checks", document, key);
  const changes = mergePatch(writable(read), writable(document));
  if (Object.keys(changes).length === 0) return read as unknown as Check;
  return patch<Check>(`/checks/${textOf(read["id"])}`, Number(read["version"]), changes);
}

/** The id says whose stored secrets are meant where the document reads "***". */
function test(document: JsonObject, read: JsonObject | null): Promise<Result> {
  const { schedule: _when, severity, ...rest } = writable(document);
  // What is read as null is written by leaving it out; only a change may say null.
  const body = { ...rest, ...(severity && { severity }) };
  return post<Result>("/checks/test", read ? { ...body, id: textOf(read["id"]) } : body);
}

const readOnly = ["id", "version", "createdAt", "updatedAt", "tenantId"];

function writable(document: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => !readOnly.includes(name)));
  const schedule = kept["schedule"] as JsonObject | null | undefined;
  if (schedule) kept["schedule"] = Object.fromEntries(["every", "cron", "timezone"].flatMap((name) => (schedule[name] ? [[name, schedule[name]]] : [])));
  return kept;
}

function complaintsOf(problem: Problem | undefined, draft: CheckDraft): { fieldErrors: Map<string, string[]>; rest: FieldError[] } {
  const errors = problem?.fields ?? [];
  const ofFields = errorsByField(errors, fieldsOf(draft.type), draft.values[draft.type]!);
  const schedule = draft.schedule.kind === "every" ? ["/schedule/every"] : ["/schedule/cron", "/schedule/timezone"];
  const others = ["/schedule", "/assertions", "/dependsOn", ...schedule, ...draft.assertions.flatMap((_, index) => ["path", "value", "op", "source"].map((part) => `/assertions/${index}/${part}`))];
  const ofOthers = sortErrors(ofFields.rest, others);
  return { fieldErrors: new Map([...ofFields.at, ...ofOthers.at]), rest: ofOthers.rest };
}
