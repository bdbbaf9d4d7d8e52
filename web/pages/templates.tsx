/** What messages say: the shipped texts and those that are one's own. */
import { get } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { Loading, Page, Trouble } from "../parts/page.tsx";
import { languageLabel, type MessageTemplate, templateLabel, type TemplateList } from "../message_templates.ts";

export function TemplatesPage() {
  const loaded = useLoad("templates", (signal) => get<TemplateList>("/templates", signal));
  return (
    <Page title={t("Templates")}>
      <p class="lead">{t("What messages say. A channel with a template of its own says that; else what you write here; else the shipped text.")}</p>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the templates")} />}
      {loaded.data && <Rows {...loaded.data} />}
    </Page>
  );
}

function Rows({ items, locales }: TemplateList) {
  const general = items.filter(({ name }) => !locales.some((locale) => name.endsWith(`.${locale}`)));
  return (
    <ul class="cards">
      {general.map((template) => (
        <li key={template.name} class="channel edge-paused">
          <div class="grow">
            <a href={`/templates/${template.name}`}>{templateLabel(template.name)}</a> <code>{template.name}</code>
            <p class="quiet">{template.channelTypes.join(", ")}</p>
          </div>
          <span class="quiet">{yours(template.name, items, ["", ...locales])}</span>
        </li>
      ))}
    </ul>
  );
}

function yours(name: string, items: readonly MessageTemplate[], locales: readonly string[]): string {
  const own = locales.filter((locale) => items.some((one) => one.isOverridden && one.name === (locale ? `${name}.${locale}` : name)));
  return own.length === 0 ? t("as shipped") : t("yours: {languages}", { languages: own.map(languageLabel).join(", ") });
}
