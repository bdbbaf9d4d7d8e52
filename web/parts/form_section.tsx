/** A part of a form that is closed until somebody needs it; its line says what was changed inside. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { listed } from "../i18n.ts";
import { Icon } from "./icon.tsx";

interface FormSectionProps {
  title: string;
  about: string;
  /** Names of what is not as usual. */
  changed: readonly string[];
  /** Opens it: something inside is wrong, or was just filled in. Whoever closes it again is right. */
  opens: boolean;
  children: ComponentChildren;
}

export function FormSection({ title, about, changed, opens, children }: FormSectionProps) {
  const details = useRef<HTMLDetailsElement>(null);
  // What is inside may ask the server for lists, which few who never open it need.
  const [opened, setOpened] = useState(opens);
  useEffect(() => {
    if (!opens || !details.current) return;
    details.current.open = true;
    setOpened(true);
  }, [opens]);
  return (
    <details ref={details} class="form-section" onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary>
        <Icon name="next" />
        <span>
          <b>{title}</b> <small class={changed.length > 0 ? "is-changed" : "quiet"}>{changed.length > 0 ? listed(changed) : about}</small>
        </span>
      </summary>
      {(opened || opens) && <div class="form-section-body">{children}</div>}
    </details>
  );
}
