/** Whom to tell: the few ways that most people take, with only what each needs; all the others are one link away. */
import { useRef, useState } from "preact/hooks";
import { get, post, Problem } from "../api.ts";
import { fieldsOfChannel } from "../channel_fields.ts";
import { documentOf, emptyDraft, errorsByField, type Draft, type Value } from "../fields.ts";
import { rich, t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { FieldList, focusFirstError } from "../parts/field_list.tsx";
import { Loading, Trouble } from "../parts/page.tsx";
import { TestAnswer } from "../parts/test_answer.tsx";
import type { ChannelProvider, ChannelTest, List } from "../types.ts";

const popular = ["email", "telegram", "slack", "discord", "webhook"];

export function FirstChannel({ onDone }: { onDone: () => void }) {
  const loaded = useLoad("providers", (signal) => get<List<ChannelProvider>>("/channels/providers", signal));
  const [type, setType] = useState("");
  const offered = popular.flatMap((name) => loaded.data?.items.find((provider) => provider.type === name) ?? []);
  const provider = offered.find((one) => one.type === type);
  return (
    <>
      <p class="quiet">{t("UptimePing sends one message when an incident opens and one when it is over.")}</p>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the providers")} />}
      <fieldset class="choice-cards">
        <legend class="hidden">{t("Provider")}</legend>
        {offered.map((one) => (
          <label key={one.type} class="choice-card">
            <input type="radio" name="provider" value={one.type} checked={one.type === type} onChange={() => setType(one.type)} />
            <b>{one.title}</b>
          </label>
        ))}
      </fieldset>
      {provider && <ChannelForm key={provider.type} provider={provider} onDone={onDone} />}
      <div class="actions">
        <button type="button" class={provider ? "plain" : ""} onClick={onDone}>
          {t("Later")}
        </button>
      </div>
      <p class="quiet">{rich("There are many more: {link}.", { link: <a href="/channels/new">{t("every provider")}</a> })}</p>
    </>
  );
}

function ChannelForm({ provider, onDone }: { provider: ChannelProvider; onDone: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const fields = fieldsOfChannel(provider, []).filter(({ required, pointer }) => required && pointer !== "/name");
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(fields));
  const [answer, setAnswer] = useState<ChannelTest>();
  const doing = useDoing();
  const { at, rest } = errorsByField(doing.problem?.fields ?? [], fields, draft);
  const change = (pointer: string, value: Value) => setDraft({ ...draft, [pointer]: value });
  const written = () => {
    const { document, errors } = documentOf(fields, draft, { name: provider.title, settings: {} });
    if (errors.length > 0) throw new Problem(422, "invalid_argument", t("Some fields cannot be used as they are."), errors);
    return { ...document, type: provider.type };
  };
  const attempt = async (action: () => Promise<unknown>) => {
    setAnswer(undefined);
    const well = await doing.run(action);
    if (!well) focusFirstError(form.current);
    return well;
  };
  const save = async (event: Event) => {
    event.preventDefault();
    if (await attempt(() => post("/channels", written()))) onDone();
  };
  return (
    <form ref={form} noValidate onSubmit={(event) => void save(event)}>
      <FieldList fields={fields} draft={draft} errors={at} onChange={change} />
      <TestAnswer answer={answer} />
      <Trouble problem={doing.problem} rest={rest} />
      <div class="actions">
        <button type="submit" class="primary" disabled={doing.busy}>
          {doing.busy ? t("Working…") : t("Add and go on")}
        </button>
        <button type="button" disabled={doing.busy} onClick={() => void attempt(async () => setAnswer(await post<ChannelTest>("/channels/test", written())))}>
          {t("Send a test")}
        </button>
      </div>
    </form>
  );
}
