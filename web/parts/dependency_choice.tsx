/** Which checks explain a failure of this one. */
import { getAll } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { Check } from "../types.ts";
import { Errors } from "./field_input.tsx";
import { Icon } from "./icon.tsx";

interface DependencyChoiceProps {
  /** The check itself, which cannot depend on itself; "" for a new one. */
  own: string;
  chosen: readonly string[];
  errors: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

export function DependencyChoice({ own, chosen, errors, onChange }: DependencyChoiceProps) {
  const { data: checks = [] } = useLoad("checks", (signal) => getAll<Check>("/checks", signal));
  const others = checks.filter(({ id }) => id !== own && !chosen.includes(id)).sort((a, b) => a.name.localeCompare(b.name));
  const nameOf = (id: string) => checks.find((check) => check.id === id)?.name ?? id;
  return (
    <fieldset class="field wide">
      <legend>{t("Depends on")}</legend>
      <p class="hint">{t("While one of these is down, nobody is told that this one is down as well.")}</p>
      <div class="chosen">
        {chosen.map((id) => (
          <button key={id} type="button" class="chip" aria-label={t("Remove {name}", { name: nameOf(id) })} onClick={() => onChange(chosen.filter((one) => one !== id))}>
            {nameOf(id)} <Icon name="close" />
          </button>
        ))}
        {others.length > 0 && (
          <select aria-label={t("Add a check it depends on")} value="" onChange={(event) => event.currentTarget.value && onChange([...chosen, event.currentTarget.value])}>
            <option value="">{t("Add a check…")}</option>
            {others.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      <Errors messages={errors} />
    </fieldset>
  );
}
