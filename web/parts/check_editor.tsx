/** The form of a check, with what is tried and saved beside it. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { getAll, newKey, type Problem } from "../api.ts";
import { documentOfDraft, withPasted, withType, type CheckDraft } from "../check_draft.ts";
import { fieldsOf } from "../check_fields.ts";
import { checked, complaintsOf, storeCheck, testCheck } from "../check_request.ts";
import { changedIn, checkSections } from "../check_sections.ts";
import type { Start } from "../check_start.ts";
import type { Value } from "../fields.ts";
import { withChoice, withOutline } from "../grpc_call.ts";
import { t } from "../i18n.ts";
import { dropDraft, keepDraft, keptDraft } from "../kept_draft.ts";
import { useDoing, useLoad } from "../load.ts";
import type { Pasted } from "../paste/pasted.ts";
import { textOf } from "../pointer.ts";
import { go, letGo } from "../router.ts";
import type { JsonObject, ProtoSet, Schedule } from "../types.ts";
import { announce } from "./announce.tsx";
import { AssertionsEditor } from "./assertions_editor.tsx";
import { CheckSections } from "./check_sections.tsx";
import { ErrorSummary } from "./error_summary.tsx";
import { FieldList } from "./field_list.tsx";
import { HeartbeatPanel } from "./heartbeat_panel.tsx";
import { KeptNotice, LostSecrets } from "./kept_notice.tsx";
import { KindChoice } from "./kind_choice.tsx";
import { LeaveGuard } from "./leave_guard.tsx";
import { Card, Trouble } from "./page.tsx";
import { PasteBox } from "./paste_box.tsx";
import { ScheduleEditor } from "./schedule_editor.tsx";
import { noTrials, TestPanel, withResult, type Trials } from "./test_panel.tsx";

export function CheckEditor({ draftKey, begin }: { draftKey: string; begin: () => Start }) {
  const form = useRef<HTMLFormElement>(null);
  const summary = useRef<HTMLDivElement>(null);
  const [start] = useState(begin);
  const { read } = start;
  const work = useDraft(draftKey, start);
  const { draft, setDraft } = work;
  const [opens, setOpens] = useState<readonly string[]>([]);
  const sets = useProtoSets(draft.type);
  const { problem, saving, trying, trials, text, save, tryIt } = useSending(start, work, () => requestAnimationFrame(() => showWrong(form.current, summary.current)));
  const values = draft.values[draft.type]!;
  const fields = withOutline(fieldsOf(draft.type), values, sets);
  const { at: fieldErrors, errors, rest } = complaintsOf(problem, draft);
  const change = (pointer: string, value: Value) => setDraft((before) => ({ ...before, values: { ...before.values, [before.type]: withChoice(before.values[before.type]!, pointer, value, sets) } }));
  const take = ({ type, values: pasted }: Pasted) => {
    const before = draft;
    const next = withPasted(draft, type, pasted);
    setDraft(next);
    setOpens(checkSections.filter((section) => changedIn(section, fieldsOf(type), next.values[type]!).length > 0).map(({ key }) => key));
    return () => setDraft(before);
  };
  const isHeartbeat = draft.type === "heartbeat";
  const outcomes = (trials.of === text && trials.results[0]?.assertions) || [];
  return (
    <form
      ref={form}
      class="editor check-editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <LeaveGuard unsaved={work.unsaved} onLeave={work.done} />
      <div class="editor-form">
        {/* What no field is to blame for stands beside the buttons. */}
        <ErrorSummary box={summary} problem={(problem?.fields.length ?? 0) > 0 ? problem : undefined} errors={errors} rest={rest} onGo={(pointer) => focusField(form.current, pointer)} />
        {work.restored && <KeptNotice hadSecrets={work.restored.hadSecrets} onAfresh={work.afresh} />}
        <LostSecrets count={start.lostSecrets} />
        {!read && <PasteBox onTake={take} />}
        {!read && <KindChoice kind={draft.type} onChange={(type) => setDraft((before) => withType(before, type))} />}
        <Card title={isHeartbeat ? t("What is expected") : t("What to check")}>
          <FieldList fields={fields.filter((field) => !field.more)} draft={values} errors={fieldErrors} onChange={change} />
        </Card>
        {!isHeartbeat && (
          <Card title={t("When")}>
            <ScheduleEditor schedule={draft.schedule} errors={fieldErrors} knownNext={nextOf(read, draft)} onChange={(schedule) => setDraft((before) => ({ ...before, schedule }))} />
          </Card>
        )}
        <Card title={t("What must hold")}>
          <AssertionsEditor type={draft.type} assertions={draft.assertions} errors={fieldErrors} outcomes={outcomes} onChange={(assertions) => setDraft((before) => ({ ...before, assertions }))} />
        </Card>
        <CheckSections
          fields={fields}
          draft={draft}
          own={textOf(read?.["id"])}
          opens={opens}
          errors={fieldErrors}
          onField={change}
          onChannels={(channels) => setDraft((before) => ({ ...before, channels }))}
          onDependsOn={(dependsOn) => setDraft((before) => ({ ...before, dependsOn }))}
        />
      </div>
      <Beside read={read} isHeartbeat={isHeartbeat} problem={problem} trials={trials} text={text}>
        <button type="submit" class="primary" disabled={saving}>
          {saving ? t("Saving…") : read ? t("Save") : t("Create check")}
        </button>
        {!isHeartbeat && (
          <button type="button" disabled={trying} onClick={() => void tryIt()}>
            {trying ? t("Testing…") : t("Test now")}
          </button>
        )}
        {work.unsaved && <small class="quiet unsaved">{t("Not saved yet")}</small>}
      </Beside>
    </form>
  );
}

interface BesideProps {
  read: JsonObject | undefined;
  isHeartbeat: boolean;
  problem: Problem | undefined;
  trials: Trials;
  text: string;
  /** The buttons. */
  children: ComponentChildren;
}

function Beside({ read, isHeartbeat, problem, trials, text, children }: BesideProps) {
  return (
    <aside class="editor-side" aria-label={t("Try and save")}>
      <Trouble problem={problem && problem.fields.length === 0 ? problem : undefined} />
      <div class="actions">{children}</div>
      {!isHeartbeat && <TestPanel trials={trials} now={text} />}
      {isHeartbeat && read && <HeartbeatPanel checkId={textOf(read["id"])} pingUrl={textOf(read["pingUrl"])} />}
      {isHeartbeat && !read && <section class="card quiet">{t("A heartbeat asks nobody: once it is created, it gets a ping URL, and the job reports there. There is nothing to test before.")}</section>}
    </aside>
  );
}

/** Saving and trying: one of them complains at a time, about what stands in the form. */
function useSending({ base, read }: Start, { draft, done }: Work, afterRefusal: () => void) {
  const saving = useDoing();
  const trying = useDoing();
  const [trials, setTrials] = useState(noTrials);
  const keyFor = useWishKey();
  const text = useMemo(() => JSON.stringify(documentOfDraft(draft, base).document), [draft, base]);
  const save = async () => {
    trying.clear();
    const well = await saving.run(async () => {
      const document = checked(draft, base);
      const saved = await storeCheck(document, read, keyFor(document));
      announce(read ? t("Saved.") : t("{name} is being watched.", { name: saved.name }));
      done();
      go(`/checks/${saved.id}`);
    });
    if (!well) afterRefusal();
  };
  const tryIt = async () => {
    saving.clear();
    setTrials((before) => ({ ...before, running: true }));
    const well = await trying.run(async () => {
      const result = await testCheck(checked(draft, base), read);
      setTrials((before) => withResult(before, result, text));
    });
    setTrials((before) => ({ ...before, running: false }));
    if (!well) afterRefusal();
  };
  return { problem: saving.problem ?? trying.problem, saving: saving.busy, trying: trying.busy, trials, text, save, tryIt };
}

type Work = ReturnType<typeof useDraft>;

/** What is typed, kept for this tab for as long as it differs from what the form began with. */
function useDraft(key: string, { draft: first }: Start) {
  const [restored, setRestored] = useState(() => keptDraft(key, first));
  const [draft, setDraft] = useState<CheckDraft>(() => restored?.draft ?? first);
  const isDone = useRef(false);
  const [, redraw] = useState(0);
  const unsaved = useMemo(() => plain(draft) !== plain(first), [draft, first]);
  useEffect(() => {
    if (isDone.current) return;
    if (unsaved) keepDraft(key, draft);
    else dropDraft(key);
  }, [draft, unsaved, key]);
  const done = () => {
    isDone.current = true;
    letGo();
    dropDraft(key);
    redraw((count) => count + 1);
  };
  const afresh = () => {
    setRestored(undefined);
    setDraft(first);
  };
  return { draft, setDraft, restored, unsaved: unsaved && !isDone.current, done, afresh };
}

/** The key of a row says nothing of what it holds. */
function plain(draft: CheckDraft): string {
  return JSON.stringify({ ...draft, values: draft.values[draft.type], assertions: draft.assertions.map(({ key: _key, ...rest }) => rest) });
}

/** The same document sent again is the same wish: a lost answer must not make two checks of it. */
function useWishKey(): (document: JsonObject) => string {
  const sent = useRef({ text: "", key: "" });
  return (document) => {
    const text = JSON.stringify(document);
    if (sent.current.text !== text) sent.current = { text, key: newKey() };
    return sent.current.key;
  };
}

function useProtoSets(type: string): ProtoSet[] | undefined {
  return useLoad(type === "grpc" ? "protos" : null, (signal) => getAll<ProtoSet>("/forge/protos", signal)).data;
}

/** As the scheduler says, while the schedule is the one that it has. */
function nextOf(read: JsonObject | undefined, draft: CheckDraft): string | null | undefined {
  const stored = read?.["schedule"] as Schedule | null | undefined;
  return draft.schedule.kind === "every" && stored?.every === draft.schedule.every ? stored.nextRunAt : undefined;
}

/** One wrong field takes the focus itself; of several the list does. */
function showWrong(form: HTMLElement | null, summary: HTMLElement | null): void {
  const wrong = form?.querySelectorAll<HTMLElement>("[aria-invalid=true]") ?? [];
  if (wrong.length === 1) wrong[0]!.focus();
  else summary?.focus();
}

function focusField(form: HTMLElement | null, pointer: string): void {
  const found = form?.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(pointer)}"]`);
  const control = found?.matches("input, select, textarea") ? found : found?.querySelector<HTMLElement>("input, select, textarea, button");
  control?.focus();
  control?.scrollIntoView({ block: "center" });
}
