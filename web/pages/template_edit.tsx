/** One text of messages being written, beside what it becomes. */
import { useId, useRef, useState } from "preact/hooks";
import { call, get, post, remove } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Errors } from "../parts/field_input.tsx";
import { Card, Loading, Page, Trouble } from "../parts/page.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { TemplateHelp } from "../parts/template_help.tsx";
import { useMayEdit } from "../rights.ts";
import { useSettled } from "../settled.ts";
import { eventLabel, languageLabel, type MessageTemplate, templateLabel, type TemplateList } from "../message_templates.ts";

export function TemplateEditPage({ id }: { id: string }) {
  const loaded = useLoad("templates", (signal) => get<TemplateList>("/templates", signal));
  const [locale, setLocale] = useState("");
  const { data } = loaded;
  const general = data?.items.find(({ name }) => name === id);
  const name = locale ? `${id}.${locale}` : id;
  const template = data?.items.find((one) => one.name === name);
  return (
    <Page title={templateLabel(id)} back={{ to: "/templates", label: t("Templates") }}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!data && loaded.loading && <Loading what={t("the template")} />}
      {data && !general && <p class="notice bad">{t("There is no template “{id}”.", { id })}</p>}
      {data && general && (
        <>
          <Tabs label={t("Language")} choices={["", ...data.locales].map((one) => [one, languageLabel(one)])} value={locale} onChange={setLocale} />
          <Editor key={name} name={name} locale={locale} template={template ?? { ...general, isOverridden: false }} otherwise={locale ? general.text : general.shippedText} list={data} onChange={loaded.reload} />
        </>
      )}
    </Page>
  );
}

interface EditorProps {
  name: string;
  locale: string;
  template: MessageTemplate;
  /** What is said without a text here. */
  otherwise: string;
  list: TemplateList;
  onChange: () => void;
}

function Editor({ name, locale, template, otherwise, list, onChange }: EditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(template.text);
  const doing = useDoing();
  const mayEdit = useMayEdit();
  const errors = (doing.problem?.fields ?? []).filter(({ pointer }) => pointer === "/text").map(({ message }) => message);
  const save = async () => {
    const well = await doing.run(async () => {
      await call("PATCH", `/templates/${name}`, { body: { text } });
      announce(t("Saved."));
      onChange();
    });
    if (!well) area.current?.focus();
  };
  const reset = async () => {
    await remove(`/templates/${name}`);
    setText(otherwise);
    announce(t("{template} is as shipped.", { template: templateLabel(name) }));
    onChange();
  };
  return (
    <form
      class="editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div>
        <Card title={t("Text")}>
          <p class="quiet">{standing(template, locale)}</p>
          <div class="field wide">
            <label for={id}>{t("Template")}</label>
            <textarea
              ref={area}
              id={id}
              data-pointer="/text"
              class="code"
              rows={Math.min(24, Math.max(8, text.split("\n").length + 1))}
              value={text}
              readOnly={!mayEdit}
              spellcheck={false}
              aria-invalid={errors.length > 0 ? "true" : undefined}
              aria-describedby={errors.length > 0 ? `${id}-error` : undefined}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <Errors id={`${id}-error`} messages={errors} />
          </div>
        </Card>
        <Trouble problem={doing.problem} />
        {mayEdit && (
          <div class="actions">
            <button type="submit" class="primary" disabled={doing.busy}>
              {doing.busy ? t("Trying and saving…") : t("Save")}
            </button>
            {text !== template.shippedText && (
              <button type="button" onClick={() => setText(template.shippedText)}>
                {t("Start from the shipped text")}
              </button>
            )}
            {template.isOverridden && <ConfirmButton label={t("Reset")} question={t("Say the shipped text again?")} detail={t("Your text is deleted.")} action={reset} />}
          </div>
        )}
      </div>
      <div class="editor-side">
        <Preview name={name} text={text} locale={locale} list={list} />
      </div>
      <TemplateHelp sample={template.sample} formatters={list.formatters} />
    </form>
  );
}

function standing({ isOverridden }: MessageTemplate, locale: string): string {
  if (isOverridden) return locale ? t("Your text for channels in {language}.", { language: languageLabel(locale) }) : t("Your text.");
  return locale ? t("This language has no text of its own: it says the one for all languages.") : t("The shipped text. Saving another makes it yours.");
}

interface PreviewProps {
  name: string;
  text: string;
  locale: string;
  list: TemplateList;
}

function Preview({ name, text, locale: fixed, list }: PreviewProps) {
  const [event, setEvent] = useState("incident.opened");
  const [chosen, setChosen] = useState("en");
  const locale = fixed || chosen;
  const wish = JSON.stringify({ name, text, event, locale });
  const settled = useSettled(wish);
  const loaded = useLoad(settled, () => post<{ rendered: string }>("/templates/preview", JSON.parse(settled)).then(({ rendered }) => ({ rendered, of: settled })));
  const failed = loaded.error !== undefined && loaded.data?.of !== settled;
  return (
    <Card title={t("Preview")}>
      <div class="fields">
        <label class="field">
          {t("Event")}
          <select value={event} onChange={(change) => setEvent(change.currentTarget.value)}>
            {list.events.map((one) => (
              <option key={one} value={one}>
                {eventLabel(one)}
              </option>
            ))}
          </select>
        </label>
        {!fixed && (
          <label class="field">
            {t("Language")}
            <select value={chosen} onChange={(change) => setChosen(change.currentTarget.value)}>
              {list.locales.map((one) => (
                <option key={one} value={one}>
                  {languageLabel(one)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <div aria-live="polite">
        {failed && <Errors messages={loaded.error!.fields.length > 0 ? loaded.error!.fields.map(({ message }) => message) : [loaded.error!.message]} />}
        {!failed && loaded.data && (
          <pre tabIndex={0} aria-label={t("The message")}>
            {loaded.data.rendered}
          </pre>
        )}
      </div>
    </Card>
  );
}
