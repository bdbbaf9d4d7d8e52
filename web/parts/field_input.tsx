/** One field of a form: label, control, hint and its errors, tied together for those who cannot see that. */
import { useId } from "preact/hooks";
import type { Field, Pair, Value } from "../fields.ts";
import { t } from "../i18n.ts";
import { FileInput } from "./file_input.tsx";
import { Icon } from "./icon.tsx";

interface FieldInputProps {
  field: Field;
  value: Value;
  errors?: readonly string[];
  onChange: (value: Value) => void;
}

export function FieldInput({ field, value, errors = [], onChange }: FieldInputProps) {
  const id = useId();
  const described = [errors.length > 0 && `${id}-error`, field.hint && `${id}-hint`].filter(Boolean).join(" ");
  const shared = {
    id,
    "aria-describedby": described || undefined,
    "aria-invalid": errors.length > 0 ? ("true" as const) : undefined,
    "data-pointer": field.pointer,
  };
  const notes = (
    <>
      {field.hint && (
        <small id={`${id}-hint`} class="hint">
          {field.hint}
        </small>
      )}
      <Errors id={`${id}-error`} messages={errors} />
    </>
  );
  const classes = `field${field.wide ? " wide" : ""}`;
  if (field.kind === "flag") {
    return (
      <div class={`${classes} flag`}>
        <label>
          <input {...shared} type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
          {field.label}
        </label>
        {notes}
      </div>
    );
  }
  if (field.kind === "pairs") {
    return (
      <fieldset class={classes} id={id} data-pointer={field.pointer} aria-describedby={described || undefined}>
        <legend>{field.label}</legend>
        <PairsEditor label={field.label} pairs={value as readonly Pair[]} onChange={onChange} />
        {notes}
      </fieldset>
    );
  }
  return (
    <div class={classes}>
      <label for={id}>
        {field.label}
        {field.required && <span class="needed"> {t("needed")}</span>}
      </label>
      <Control field={field} value={String(value)} shared={shared} onChange={onChange} />
      {notes}
    </div>
  );
}

function Control({ field, value, shared, onChange }: { field: Field; value: string; shared: Record<string, unknown>; onChange: (value: string) => void }) {
  if (field.kind === "choice") {
    const known = field.choices?.some(([name]) => name === value);
    return (
      <select {...shared} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {field.choices?.map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        {!known && <option value={value}>{value}</option>}
      </select>
    );
  }
  if (field.kind === "file") return <FileInput value={value} shared={shared} onChange={onChange} />;
  if (field.kind === "area" || field.kind === "json") {
    return (
      <textarea
        {...shared}
        rows={Math.min(12, Math.max(3, value.split("\n").length))}
        value={value}
        placeholder={field.placeholder}
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  const typed = {
    ...shared,
    value,
    spellcheck: false,
    placeholder: field.placeholder,
    onInput: (event: { currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  };
  // A local time without a zone; what zone is meant, another field says.
  if (field.kind === "moment") return <input {...typed} type="datetime-local" />;
  if (field.kind === "zone") {
    return (
      <>
        <input {...typed} type="text" list="time-zones" autocomplete="off" />
        <datalist id="time-zones">
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </>
    );
  }
  if (field.kind === "secret") return <input {...typed} type="password" autocomplete="new-password" />;
  return <input {...typed} type="text" inputMode={field.kind === "number" ? "numeric" : "text"} autocomplete="off" />;
}

export function Errors({ id, messages }: { id?: string; messages: readonly string[] }) {
  if (messages.length === 0) return null;
  return (
    <p id={id} class="field-error">
      <Icon name="down" /> {messages.join("; ")}
    </p>
  );
}

function PairsEditor({ label, pairs, onChange }: { label: string; pairs: readonly Pair[]; onChange: (pairs: readonly Pair[]) => void }) {
  // The last, empty row is only drawn: typing into it makes it real.
  const rows = [...pairs, ["", ""] as const];
  const change = (index: number, pair: Pair) => onChange(rows.map((old, at) => (at === index ? pair : old)).filter(([name, value]) => name || value));
  return (
    <div class="pairs">
      {rows.map(([name, value], index) => (
        <div class="pair" key={index}>
          <input aria-label={t("{label}: name {number}", { label, number: index + 1 })} placeholder={t("Name")} value={name} spellcheck={false} autocomplete="off" onInput={(event) => change(index, [event.currentTarget.value, value])} />
          <input aria-label={t("{label}: value {number}", { label, number: index + 1 })} placeholder={t("Value")} value={value} spellcheck={false} autocomplete="off" onInput={(event) => change(index, [name, event.currentTarget.value])} />
          <button type="button" class="plain" aria-label={t("Remove {row}", { row: name || t("row") })} disabled={index === pairs.length} onClick={() => onChange(pairs.filter((_, at) => at !== index))}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
