/** What must hold for a result to count as up. */
import { newAssertion, takesValue, type AssertionDraft } from "../check_draft.ts";
import { kinds, sourceOf, sourcesOf } from "../check_fields.ts";
import { words } from "../format.ts";
import { t } from "../i18n.ts";
import { operators, type Choices, type Operator } from "../kinds/sources.ts";
import { LongText } from "../result/long_text.tsx";
import { textOf } from "../pointer.ts";
import type { AssertionOutcome } from "../types.ts";
import { Errors } from "./field_input.tsx";
import { Icon } from "./icon.tsx";
import { StateBadge } from "./state_badge.tsx";

interface AssertionsEditorProps {
  type: string;
  assertions: readonly AssertionDraft[];
  errors: Map<string, string[]>;
  /** What the last test saw, while it was a test of these. */
  outcomes: readonly AssertionOutcome[];
  onChange: (assertions: readonly AssertionDraft[]) => void;
}

export function AssertionsEditor({ type, assertions, errors, outcomes, onChange }: AssertionsEditorProps) {
  const known = sourcesOf(type);
  const change = (key: number, part: Partial<AssertionDraft>) => onChange(assertions.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return (
    <>
      {assertions.length === 0 && <p class="quiet">{kinds[type]?.standard}</p>}
      {assertions.map((assertion, index) => (
        <AssertionRow
          key={assertion.key}
          assertion={assertion}
          type={type}
          number={index + 1}
          outcome={outcomes[index]}
          messages={["source", "path", "op", "value"].flatMap((part) => errors.get(`/assertions/${index}/${part}`) ?? [])}
          onChange={(part) => change(assertion.key, part)}
          onRemove={() => onChange(assertions.filter((one) => one.key !== assertion.key))}
        />
      ))}
      <Errors messages={errors.get("/assertions") ?? []} />
      <button type="button" onClick={() => onChange([...assertions, newAssertion(type, known.find((source) => !assertions.some((one) => one.source === source.name))?.name ?? known[0]!.name)])}>
        <Icon name="plus" /> {t("Add an assertion")}
      </button>
    </>
  );
}

interface RowProps {
  assertion: AssertionDraft;
  type: string;
  number: number;
  messages: readonly string[];
  outcome: AssertionOutcome | undefined;
  onChange: (part: Partial<AssertionDraft>) => void;
  onRemove: () => void;
}

function AssertionRow({ assertion, type, number, messages, outcome, onChange, onRemove }: RowProps) {
  const known = sourcesOf(type);
  const source = sourceOf(type, assertion.source);
  // An operator that came with the check stays in the list, whatever we know of its source.
  const ops = new Set<Operator>([...(source?.ops ?? (Object.keys(operators) as Operator[])), assertion.op as Operator]);
  const named = (part: string) => t("Assertion {number}: {part}", { number, part });
  const at = (part: string) => `/assertions/${number - 1}/${part}`;
  const wrong = messages.length > 0 ? ("true" as const) : undefined;
  const chooseSource = (name: string) => {
    const { op, value, severity, path } = newAssertion(type, name);
    onChange({ source: name, op, value, severity, path });
  };
  return (
    <div class="assertion" role="group" aria-label={named(words(assertion.source))}>
      <div class="assertion-parts">
        <select class="assertion-source" data-pointer={at("source")} aria-label={named(t("source"))} value={assertion.source} onChange={(event) => chooseSource(event.currentTarget.value)}>
          {known.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          {!source && <option value={assertion.source}>{words(assertion.source)}</option>}
        </select>
        {(source?.path || assertion.path) && (
          <Entry pointer={at("path")} label={named(t("path or name"))} wrong={wrong} placeholder={source?.path ?? t("path")} choices={source?.paths} value={assertion.path} onChange={(path) => onChange({ path })} />
        )}
        <select data-pointer={at("op")} aria-label={named(t("operator"))} value={assertion.op} onChange={(event) => onChange({ op: event.currentTarget.value })}>
          {[...ops].map((op) => (
            <option key={op} value={op}>
              {operators[op] ?? op}
            </option>
          ))}
        </select>
        {takesValue(assertion) && (
          <Entry
            pointer={at("value")}
            label={named(t("value"))}
            wrong={wrong}
            placeholder={source?.set && !assertion.op.endsWith("matches") ? (["eq", "ne"].includes(assertion.op) ? t("one, or several with commas") : t("one of them")) : t("value")}
            choices={["eq", "ne"].includes(assertion.op) ? source?.values : undefined}
            value={assertion.value}
            onChange={(value) => onChange({ value })}
          />
        )}
        <select aria-label={named(t("or it is"))} value={assertion.severity} onChange={(event) => onChange({ severity: event.currentTarget.value })}>
          <option value="down">{t("or down")}</option>
          <option value="degraded">{t("or degraded")}</option>
        </select>
      </div>
      <button type="button" class="plain" aria-label={named(t("remove"))} onClick={onRemove}>
        <Icon name="close" />
      </button>
      <Errors messages={messages} />
      {outcome && messages.length === 0 && (
        <p class="assertion-outcome">
          <StateBadge state={outcome.ok ? "up" : outcome.severity === "degraded" ? "degraded" : "down"} label={outcome.ok ? t("holds") : t("fails")} />
          <span>
            {t("the test saw")} {outcome.actual === null || outcome.actual === undefined ? t("nothing") : <code><LongText text={textOf(outcome.actual)} limit={80} /></code>}
          </span>
        </p>
      )}
    </div>
  );
}

interface EntryProps {
  pointer: string;
  label: string;
  wrong: "true" | undefined;
  placeholder: string;
  /** All that one may say; else one types. */
  choices: Choices | undefined;
  value: string;
  onChange: (value: string) => void;
}

function Entry({ pointer, label, wrong, placeholder, choices, value, onChange }: EntryProps) {
  if (!choices) return <input data-pointer={pointer} aria-label={label} aria-invalid={wrong} placeholder={placeholder} spellcheck={false} value={value} onInput={(event) => onChange(event.currentTarget.value)} />;
  return (
    <select data-pointer={pointer} aria-label={label} aria-invalid={wrong} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map(([name, shown]) => (
        <option key={name} value={name}>
          {shown}
        </option>
      ))}
      {!choices.some(([name]) => name === value) && <option value={value}>{value}</option>}
    </select>
  );
}
