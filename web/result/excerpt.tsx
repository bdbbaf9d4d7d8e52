/** The beginning of what was received, as it came or, where it is JSON, laid out. */
import { t } from "../i18n.ts";
import { useRef, useState } from "preact/hooks";
import { CopyButton } from "../parts/copy.tsx";
import { prettyJson } from "./pretty_json.ts";

const shownCharacters = 4_096;

export function Excerpt({ text, what }: { text: string; what: string }) {
  const place = useRef<HTMLPreElement>(null);
  const pretty = prettyJson(text);
  const [raw, setRaw] = useState(false);
  const shown = pretty !== undefined && !raw ? pretty : text.slice(0, shownCharacters);
  return (
    <details open>
      <summary>{what}</summary>
      <pre ref={place} tabIndex={0} aria-label={what}>
        {shown}
      </pre>
      <div class="actions below">
        <CopyButton what={what} text={shown} place={() => place.current} />
        {pretty !== undefined && (
          <button type="button" class="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {t("As it came")}
          </button>
        )}
      </div>
    </details>
  );
}
