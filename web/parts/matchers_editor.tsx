/** Which checks, incidents or messages something is about: rows that must all hold. */
import { t } from "../i18n.ts";
import { matcherOps, newMatcher, type MatcherDraft } from "../matcher_draft.ts";
import { messagesUnder } from "../pointer.ts";
import { Errors } from "./field_input.tsx";
import { Icon } from "./icon.tsx";

interface MatchersEditorProps {
  matchers: readonly MatcherDraft[];
  /** By pointer, such as `/matchers/0/value`. */
  errors: Map<string, string[]>;
  /** What can be looked at here; a tag is always possible. */
  labels: readonly (readonly [name: string, shown: string])[];
  /** What no row at all means. */
  none: string;
  onChange: (matchers: readonly MatcherDraft[]) => void;
}

export function MatchersEditor({ matchers, errors, labels, none, onChange }: MatchersEditorProps) {
  const change = (key: number, part: Partial<MatcherDraft>) => onChange(matchers.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return (
    <div class="matchers" data-pointer="/matchers">
      {matchers.length === 0 && <p class="quiet">{none}</p>}
      {matchers.map((matcher, index) => (
        <MatcherRow
          key={matcher.key}
          matcher={matcher}
          labels={labels}
          number={index + 1}
          messages={messagesUnder(`/matchers/${index}`, errors)}
          onChange={(part) => change(matcher.key, part)}
          onRemove={() => onChange(matchers.filter((one) => one.key !== matcher.key))}
        />
      ))}
      <Errors messages={errors.get("/matchers") ?? []} />
      <button type="button" onClick={() => onChange([...matchers, newMatcher(labels[0]?.[0])])}>
        <Icon name="plus" /> {t("Add a condition")}
      </button>
    </div>
  );
}

interface RowProps {
  matcher: MatcherDraft;
  labels: MatchersEditorProps["labels"];
  number: number;
  messages: readonly string[];
  onChange: (part: Partial<MatcherDraft>) => void;
  onRemove: () => void;
}

function MatcherRow({ matcher, labels, number, messages, onChange, onRemove }: RowProps) {
  const named = (part: string) => t("Condition {number}: {part}", { number, part });
  const wrong = messages.length > 0 ? ("true" as const) : undefined;
  const isTag = matcher.label.startsWith("tag.");
  const isList = matcher.op === "in" || matcher.op === "not_in";
  return (
    <div class="assertion" role="group" aria-label={named(matcher.label)}>
      <div class="assertion-parts">
        <select aria-label={named(t("of what"))} value={isTag ? "tag." : matcher.label} onChange={(event) => onChange({ label: event.currentTarget.value })}>
          {labels.map(([name, shown]) => (
            <option key={name} value={name}>
              {shown}
            </option>
          ))}
          <option value="tag.">{t("tag")}</option>
          {!isTag && !labels.some(([name]) => name === matcher.label) && <option value={matcher.label}>{matcher.label}</option>}
        </select>
        {isTag && (
          <input
            aria-label={named(t("name of the tag"))}
            aria-invalid={wrong}
            placeholder={"env"}
            spellcheck={false}
            value={matcher.label.slice("tag.".length)}
            onInput={(event) => onChange({ label: `tag.${event.currentTarget.value}` })}
          />
        )}
        <select aria-label={named(t("operator"))} value={matcher.op} onChange={(event) => onChange({ op: event.currentTarget.value })}>
          {matcherOps.map(([op, shown]) => (
            <option key={op} value={op}>
              {shown}
            </option>
          ))}
        </select>
        <input
          aria-label={named(t("value"))}
          aria-invalid={wrong}
          placeholder={isList ? t("several, with commas") : matcher.op.endsWith("matches") ? t("part of it, or a pattern") : t("value")}
          spellcheck={false}
          value={matcher.value}
          onInput={(event) => onChange({ value: event.currentTarget.value })}
        />
      </div>
      <button type="button" class="plain" aria-label={named(t("remove"))} onClick={onRemove}>
        <Icon name="close" />
      </button>
      <Errors messages={messages} />
    </div>
  );
}
