/** Recovery codes, the one time that they are shown: to copy, to save, to print. */
import { useEffect, useRef } from "preact/hooks";
import { session } from "../api.ts";
import { t } from "../i18n.ts";
import { CopyButton } from "../parts/copy.tsx";
import { saveAs } from "./save_as.ts";

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const list = useRef<HTMLUListElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const text = () => `UptimePing, ${location.host}, ${session.get()?.user.email ?? ""}\n\n${codes.join("\n")}\n`;
  return (
    <section class="card made" aria-label={t("Recovery codes")}>
      <h2 ref={heading} tabIndex={-1}>
        {t("Keep these recovery codes now")}
      </h2>
      <p>{t("They are shown only this once. Each signs you in once when your phone is lost; keep them where the phone is not.")}</p>
      <ul class="codes" ref={list}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="actions">
        <CopyButton what={t("Recovery codes")} text={codes.join("\n")} place={() => list.current} />
        <button type="button" class="small" onClick={() => saveAs("uptimeping-recovery-codes.txt", new Blob([text()], { type: "text/plain" }))}>
          {t("Save as a file")}
        </button>
        <button type="button" class="small" onClick={() => print()}>
          {t("Print")}
        </button>
      </div>
      <button type="button" class="primary" onClick={onDone}>
        {t("I have kept them")}
      </button>
    </section>
  );
}
