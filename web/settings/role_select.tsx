/** A role to choose, with what it means. */
import { t } from "../i18n.ts";
import { roleMeanings, roleNames } from "./roles.ts";

export function RoleField({ id, role, roles, onChange }: { id: string; role: string; roles: readonly string[]; onChange: (role: string) => void }) {
  return (
    <div class="field">
      <label for={id}>{t("Role")}</label>
      <select id={id} value={role} aria-describedby={`${id}-hint`} onChange={(event) => onChange(event.currentTarget.value)}>
        {roles.map((one) => (
          <option key={one} value={one}>
            {roleNames[one]}
          </option>
        ))}
      </select>
      <small id={`${id}-hint`} class="hint">
        {roleMeanings[role]}
      </small>
    </div>
  );
}
