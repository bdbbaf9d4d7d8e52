/** A text to be pasted elsewhere, and a button that copies it. */
import { useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { announce } from "./announce.tsx";

export function CopyLine({ label, text, secret }: { label: string; text: string; secret?: boolean }) {
  const line = useRef<HTMLElement>(null);
  return (
    <div class="copy-line">
      <span class="label">{label}</span>
      <code ref={line} class={secret ? "secret" : undefined}>
        {text}
      </code>
      <CopyButton what={label} text={text} place={() => line.current} />
    </div>
  );
}

export function CopyButton({ what, text, place }: { what: string; text: string; place: () => HTMLElement | null }) {
  return (
    <button type="button" class="small" aria-label={t("Copy: {what}", { what })} onClick={() => void copy(text, place()).then((well) => announce(well ? t("Copied.") : t("Selected: copy it with your keyboard.")))}>
      {t("Copy")}
    </button>
  );
}

/** Where the page is not from a secure origin there is no clipboard: then the text is marked for the person to copy. */
async function copy(text: string, place: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (place) getSelection()?.selectAllChildren(place);
    return false;
  }
}
