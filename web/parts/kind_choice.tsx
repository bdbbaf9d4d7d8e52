/** What to check, as cards: a sign, a name and a sentence each. One stop of Tab; the arrow keys go from card to card. */
import { kinds } from "../check_fields.ts";
import { t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import { KindIcon } from "./kind_icon.tsx";

export function KindChoice({ kind, onChange }: { kind: string; onChange: (kind: string) => void }) {
  return (
    <fieldset class="kind-cards">
      <legend>{t("Kind of check")}</legend>
      {Object.entries(kinds).map(([name, { about }]) => (
        <label key={name} class="kind-card">
          <input type="radio" name="kind" value={name} checked={kind === name} onChange={() => onChange(name)} />
          <KindIcon kind={name} />
          <b>{kindNames[name]}</b>
          <small class="quiet">{about}</small>
        </label>
      ))}
    </fieldset>
  );
}
