/** A silence being written, beside the checks that it is about. */
import { useState } from "preact/hooks";
import type { Silence } from "../alert_types.ts";
import { post } from "../api.ts";
import { alertLabels } from "../alert_labels.ts";
import { errorsByField } from "../fields.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { matcherOf } from "../matcher_draft.ts";
import { announce } from "../parts/announce.tsx";
import { MutedChecks } from "../parts/covered_checks.tsx";
import { EditorForm, SaveActions } from "../parts/editor_form.tsx";
import { FieldList } from "../parts/field_list.tsx";
import { MatchersEditor } from "../parts/matchers_editor.tsx";
import { Card, Page, Trouble } from "../parts/page.tsx";
import { go, place } from "../router.ts";
import { useSettled } from "../settled.ts";
import { commentField, lengthFields, newSilence, silenceDocument, type SilenceDraft } from "../silence_draft.ts";
import type { FieldError, Matcher } from "../types.ts";

/** `?checkId=…` is how a check's own page leads here. */
export function SilenceNewPage() {
  const [draft, setDraft] = useState(() => newSilence(place.get().query.get("checkId") ?? "", new Date()));
  const doing = useDoing();
  const { at, rest } = placed(doing.problem?.fields ?? [], draft);
  const change = (pointer: string, value: SilenceDraft["values"][string]) => setDraft({ ...draft, values: { ...draft.values, [pointer]: value } });
  const save = () =>
    doing.run(async () => {
      await post<Silence>("/silences", silenceDocument(draft, new Date()));
      announce(t("Silenced."));
      go("/silences");
    });
  return (
    <Page title={t("New silence")} back={{ to: "/silences", label: t("Silences") }}>
      <EditorForm layout="editor" save={save}>
        <div>
          <Card title={t("What is not told")}>
            <p class="quiet">{t("All conditions must hold.")}</p>
            <MatchersEditor matchers={draft.matchers} errors={at} labels={alertLabels} none={t("Without a condition nothing is silenced.")} onChange={(matchers) => setDraft({ ...draft, matchers })} />
          </Card>
          <Card title={t("How long, and why")}>
            <FieldList fields={[...lengthFields, commentField]} draft={draft.values} errors={at} onChange={change} />
          </Card>
          <Trouble problem={doing.problem} rest={rest} />
          <SaveActions busy={doing.busy} label={t("Silence")} cancelTo="/silences" />
        </div>
        <div class="editor-side">
          <Card title={t("What it is about")}>
            <Preview matchers={draft.matchers.map(matcherOf)} />
            <p class="quiet">{t("Checks run and incidents open as always. What is still open when the silence ends is told then.")}</p>
          </Card>
        </div>
      </EditorForm>
    </Page>
  );
}

function Preview({ matchers }: { matchers: readonly Matcher[] }) {
  return <MutedChecks matchers={JSON.parse(useSettled(JSON.stringify(matchers))) as Matcher[]} />;
}

/** A time that the form chose is complained about where it was chosen. */
function placed(errors: readonly FieldError[], draft: SilenceDraft) {
  const isChosen = draft.values["length"] !== "other";
  const moved = errors.map((error) => (isChosen && error.pointer === "/endsAt" ? { ...error, pointer: "length" } : error));
  return errorsByField(moved, [...lengthFields, commentField], draft.values, (pointer) => pointer.startsWith("/matchers"));
}
