/** A text that may be of any length: its beginning, and the rest for whoever asks. */
import { plural, t } from "../i18n.ts";
import { useState } from "preact/hooks";

export function LongText({ text, limit = 300 }: { text: string; limit?: number }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= limit) return <>{text}</>;
  return (
    <>
      {whole ? text : `${text.slice(0, limit)}…`}{" "}
      <button type="button" class="link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
        {whole ? t("Show less") : plural(text.length, "Show all {count} characters", "Show all {count} characters")}
      </button>
    </>
  );
}

/** The first of many things, and the rest for whoever asks. */
export function useFirst<T>(all: readonly T[], limit: number): { items: readonly T[]; more: preact.ComponentChildren } {
  const [whole, setWhole] = useState(false);
  const hidden = all.length - limit;
  if (hidden <= 0) return { items: all, more: null };
  const more = (
    <button type="button" class="link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
      {whole ? t("Show fewer") : t("Show {count} more", { count: hidden })}
    </button>
  );
  return { items: whole ? all : all.slice(0, limit), more };
}
