/** The fields of a form: those one needs at once, and the others behind "More". */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { isShown, type Draft, type Field, type Value } from "../fields.ts";
import { t } from "../i18n.ts";
import { FieldInput } from "./field_input.tsx";

interface FieldListProps {
  fields: readonly Field[];
  draft: Draft;
  errors: Map<string, string[]>;
  onChange: (pointer: string, value: Value) => void;
}

export function FieldList({ fields, draft, errors, onChange }: FieldListProps) {
  return (
    <div class="fields">
      {fields
        .filter((field) => isShown(field, draft))
        .map((field) => (
          <FieldInput
            key={field.pointer}
            field={field}
            value={draft[field.pointer] ?? ""}
            errors={errors.get(field.pointer) ?? []}
            onChange={(value) => onChange(field.pointer, value)}
          />
        ))}
    </div>
  );
}

/** Opens by itself when one of its fields has an error, or one would not find what is wrong. */
export function More({ fields, errors, children }: { fields: readonly Field[]; errors: Map<string, string[]>; children: ComponentChildren }) {
  const wrong = fields.some((field) => field.more && errors.has(field.pointer));
  // What is inside may ask the server for lists, which few who never open it need.
  const [opened, setOpened] = useState(false);
  return (
    <details class="more" open={wrong || undefined} onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary>{t("More")}</summary>
      {(opened || wrong) && children}
    </details>
  );
}

/** After a refused form: the first field that is marked. */
export function focusFirstError(form: HTMLElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid=true], .field-error")?.focus());
}
