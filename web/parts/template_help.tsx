/** What a template may use: values with an example of each, what may be done to them, and the limits. */
import { t } from "../i18n.ts";
import { isObject } from "../pointer.ts";
import type { Json } from "../types.ts";
import { Card } from "./page.tsx";

const blocks: readonly (readonly [written: string, does: string])[] = [
  ["{{title}}", t("a value; written so that the channel reads it as text")],
  ["{{#if result}}…{{else}}…{{/if}}", t("only when there is such a value")],
  ["{{#unless result}}…{{/unless}}", t("only when there is none")],
  ["{{#each group.items}}{{title}}{{/each}}", t("once for each of a list")],
];

export function TemplateHelp({ sample, formatters }: { sample: Json; formatters: readonly string[] }) {
  return (
    <Card title={t("What may be used")}>
      <dl class="facts">
        {blocks.map(([written, does]) => (
          <div key={written}>
            <dt>
              <code>{written}</code>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h3>{t("What may be done to a value")}</h3>
      <p>
        {formatters.map((written) => (
          <span key={written}>
            <code>{written}</code>{" "}
          </span>
        ))}
      </p>
      <p class="quiet">
        {t("Blocks may stand in blocks up to 3 deep. A template is at most 16,384 characters long, what it becomes at most 65,536, and it takes at most 20,000 steps. Raw output, partials and anything that could reach code are refused. Saving tries the text on every kind of event, in every language.")}
      </p>
      <details>
        <summary>{t("Values, with an example of each")}</summary>
        <dl class="facts values">
          {pathsOf(sample).map(([path, value]) => (
            <div key={path}>
              <dt>
                <code>{`{{${path}}}`}</code>
              </dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  );
}

/** `data` holds everything once more, for those who send it whole. */
function pathsOf(sample: Json): [path: string, value: string][] {
  return isObject(sample) ? Object.entries(sample).flatMap(([name, value]) => (name === "data" ? [[name, t("everything, for {example}", { example: "{{json data}}" })] as [string, string]] : walk(name, value))) : [];
}

function walk(path: string, value: Json): [path: string, value: string][] {
  if (isObject(value)) return Object.entries(value).flatMap(([name, inner]) => walk(`${path}.${name}`, inner));
  return [[path, Array.isArray(value) ? JSON.stringify(value) : String(value ?? "")]];
}
