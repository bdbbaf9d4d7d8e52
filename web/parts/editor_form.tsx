/** The form of a page that edits one thing, and the buttons under it. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { focusFirstError } from "./field_list.tsx";

interface EditorFormProps {
  /** "editor" has something beside the fields, such as a preview. */
  layout: "editor" | "narrow";
  /** Tells whether it went well; a refusal leads to the first field that is marked. */
  save: () => Promise<boolean>;
  children: ComponentChildren;
}

export function EditorForm({ layout, save, children }: EditorFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await save())) focusFirstError(form.current);
  };
  return (
    <form ref={form} class={layout} noValidate onSubmit={(event) => void submit(event)}>
      {children}
    </form>
  );
}

interface SaveActionsProps {
  busy: boolean;
  label: string;
  cancelTo: string;
  /** More buttons, after these. */
  children?: ComponentChildren;
}

export function SaveActions({ busy, label, cancelTo, children }: SaveActionsProps) {
  return (
    <div class="actions">
      <button type="submit" class="primary" disabled={busy}>
        {busy ? t("Saving…") : label}
      </button>
      <a class="button" href={cancelTo}>
        {t("Cancel")}
      </a>
      {children}
    </div>
  );
}
