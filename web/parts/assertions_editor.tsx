/** What must hold for a result to count as up. */
import { newAssertion, takesValue, type AssertionDraft } from "../check_draft.ts";
import { operators, sourceOf, sources, type Operator } from "../check_fields.ts";
import { words } from "../format.ts";
import { Errors } from "./field_input.tsx";
import { Icon } from "./icon.tsx";

interface AssertionsEditorProps {
  type: string;
  assertions: readonly AssertionDraft[];
  errors: Map<string, string[]>;
  onChange: (assertions: readonly AssertionDraft[]) => void;
}

const standard: Record<string, string> = {
  http: "Without any, a status of 200–299 is up.",
  tcp: "Without any, a connection is up.",
  grpc: "Without any, the status SERVING, or OK for a call, is up.",
  graphql: "Without any, an answer without errors is up.",
};

export function AssertionsEditor({ type, assertions, errors, onChange }: AssertionsEditorProps) {
  const known = sources[type] ?? [];
  const change = (key: number, part: Partial<AssertionDraft>) => onChange(assertions.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return (
    <>
      {assertions.length === 0 && <p class="quiet">{standard[type]}</p>}
      {assertions.map((assertion, index) => (
        <AssertionRow
          key={assertion.key}
          assertion={assertion}
          type={type}
          number={index + 1}
          messages={["source", "path", "op", "value"].flatMap((part) => errors.get(`/assertions/${index}/${part}`) ?? [])}
          onChange={(part) => change(assertion.key, part)}
          onRemove={() => onChange(assertions.filter((one) => one.key !== assertion.key))}
        />
      ))}
      <Errors messages={errors.get("/assertions") ?? []} />
      <button type="button" onClick={() => onChange([...assertions, newAssertion(type, known.find((source) => !assertions.some((one) => one.source === source.name))?.name ?? "latency")])}>
        <Icon name="plus" /> Add an assertion
      </button>
    </>
  );
}

interface RowProps {
  assertion: AssertionDraft;
  type: string;
  number: number;
  messages: readonly string[];
  onChange: (part: Partial<AssertionDraft>) => void;
  onRemove: () => void;
}

function AssertionRow({ assertion, type, number, messages, onChange, onRemove }: RowProps) {
  const known = sources[type] ?? [];
  const source = sourceOf(type, assertion.source);
  // An operator that came with the check stays in the list, whatever we know of its source.
  const ops = new Set<Operator>([...(source?.ops ?? (Object.keys(operators) as Operator[])), assertion.op as Operator]);
  const named = (part: string) => `Assertion ${number}: ${part}`;
  const wrong = messages.length > 0 ? ("true" as const) : undefined;
  const chooseSource = (name: string) => {
    const { op, value, severity, path } = newAssertion(type, name);
    onChange({ source: name, op, value, severity, path });
  };
  return (
    <div class="assertion" role="group" aria-label={named(words(assertion.source))}>
      <div class="assertion-parts">
        <select aria-label={named("source")} value={assertion.source} onChange={(event) => chooseSource(event.currentTarget.value)}>
          {known.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          {!source && <option value={assertion.source}>{words(assertion.source)}</option>}
        </select>
        {(source?.path || assertion.path) && (
          <input aria-label={named("path or name")} aria-invalid={wrong} placeholder={source?.path ?? "path"} spellcheck={false} value={assertion.path} onInput={(event) => onChange({ path: event.currentTarget.value })} />
        )}
        <select aria-label={named("operator")} value={assertion.op} onChange={(event) => onChange({ op: event.currentTarget.value })}>
          {[...ops].map((op) => (
            <option key={op} value={op}>
              {operators[op] ?? op}
            </option>
          ))}
        </select>
        {takesValue(assertion) && (
          <input aria-label={named("value")} aria-invalid={wrong} placeholder="value" spellcheck={false} value={assertion.value} onInput={(event) => onChange({ value: event.currentTarget.value })} />
        )}
        <select aria-label={named("or it is")} value={assertion.severity} onChange={(event) => onChange({ severity: event.currentTarget.value })}>
          <option value="down">or down</option>
          <option value="degraded">or degraded</option>
        </select>
      </div>
      <button type="button" class="plain" aria-label={named("remove")} onClick={onRemove}>
        <Icon name="close" />
      </button>
      <Errors messages={messages} />
    </div>
  );
}
