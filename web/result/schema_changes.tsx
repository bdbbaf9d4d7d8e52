/** What a schema has changed since it was accepted, the worst first, and the way to accept it as it is now. */
import { t } from "../i18n.ts";
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { useDoing } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { Trouble } from "../parts/page.tsx";
import { textOf } from "../pointer.ts";
import { useMayEdit } from "../rights.ts";
import type { JsonObject } from "../types.ts";
import { LongText, useFirst } from "./long_text.tsx";

const effects = ["breaking", "dangerous", "safe"];
const tones: Record<string, string> = { breaking: "tone-down", dangerous: "tone-degraded", safe: "tone-paused" };

/** `checkId` is "" for a check that is only tried: nothing is remembered of it. */
export function SchemaChanges({ changes, checkId }: { changes: readonly JsonObject[]; checkId: string }) {
  const sorted = [...changes].sort((a, b) => effects.indexOf(textOf(a["effect"])) - effects.indexOf(textOf(b["effect"])));
  const { items, more } = useFirst(sorted, 10);
  return (
    <section aria-label={t("Schema changes")}>
      <h3>{t("Schema changes")}</h3>
      <ul class="plain-list">
        {items.map(({ effect, description, type }, index) => (
          <li key={index} title={textOf(type)}>
            <b class={tones[textOf(effect)]}>{textOf(effect)}</b> <LongText text={textOf(description)} />
          </li>
        ))}
      </ul>
      {more}
      {checkId !== "" && <AcceptSchema checkId={checkId} />}
    </section>
  );
}

function AcceptSchema({ checkId }: { checkId: string }) {
  const doing = useDoing();
  const [accepted, setAccepted] = useState(false);
  if (!useMayEdit()) return null;
  if (accepted) return <p class="quiet">{t("Accepted: the next run takes the schema as it is then.")}</p>;
  const accept = async () => {
    await post(`/checks/${checkId}/baseline`);
    setAccepted(true);
    announce(t("The new schema is accepted."));
  };
  return (
    <>
      <Trouble problem={doing.problem} />
      <button type="button" class="small" disabled={doing.busy} onClick={() => void doing.run(accept)}>
        {t("Accept the new schema")}
      </button>
    </>
  );
}
