/** The form for an API key: the least that is needed stands first, narrowing it is one step away. */
import { useState } from "preact/hooks";
import { post, session } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { Trouble } from "../parts/page.tsx";
import { Line, lineErrors } from "../parts/sign_in.tsx";
import { useCell } from "../store.ts";
import type { ApiKey } from "../types.ts";
import { RoleField } from "./role_select.tsx";
import { rolesUpTo } from "./roles.ts";
import { scopeNames, scopesOf, type Reach } from "./scopes.ts";

export type MadeKey = ApiKey & { key: string };

const dayMs = 86_400_000;
const lifetimes: readonly (readonly [days: number, label: string])[] = [
  [30, t("30 days")],
  [90, t("90 days")],
  [365, t("1 year")],
  [0, t("never")],
];

export function NewApiKey({ onMade }: { onMade: (made: MadeKey) => void }) {
  const ownRole = useCell(session)?.role ?? "viewer";
  const roles = rolesUpTo(ownRole);
  const [name, setName] = useState("");
  const [role, setRole] = useState(roles.includes("editor") ? "editor" : "viewer");
  const [days, setDays] = useState(90);
  const [isNarrow, setNarrow] = useState(false);
  const [reaches, setReaches] = useState<Readonly<Record<string, Reach>>>({});
  const doing = useDoing();
  const { errorOf, rest } = lineErrors(doing.problem, ["/name", "/role", "/scopes"]);
  const scopes = isNarrow ? scopesOf(reaches) : [];
  const create = async (event: Event) => {
    event.preventDefault();
    const expiresAt = days > 0 ? new Date(Date.now() + days * dayMs).toISOString() : null;
    const well = await doing.run(async () => onMade(await post<MadeKey>("/auth/api-keys", { name, role, scopes, expiresAt })));
    if (!well) return;
    setName("");
    setNarrow(false);
    setReaches({});
  };
  return (
    <form class="fields" onSubmit={(event) => void create(event)}>
      <Line label={t("Name")} name="key-name" hint={t("What uses it, such as: deploy script")} value={name} onChange={setName} error={errorOf("/name")} />
      <RoleField id="key-role" role={role} roles={roles} onChange={setRole} />
      <div class="field">
        <label for="key-days">{t("Expires // of a key")}</label>
        <select id="key-days" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {lifetimes.map(([many, label]) => (
            <option key={many} value={many}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div class="wide">
        <label class="check-line">
          <input type="checkbox" checked={isNarrow} onChange={(event) => setNarrow(event.currentTarget.checked)} />
          <span>{t("Only some of what the role may")}</span>
        </label>
        {isNarrow && <ScopeTable reaches={reaches} onChange={(noun, reach) => setReaches({ ...reaches, [noun]: reach })} />}
      </div>
      <div class="wide">
        <Trouble problem={doing.problem} rest={rest} />
        <button type="submit" class="primary" disabled={doing.busy || (isNarrow && scopes.length === 0)}>
          {doing.busy ? t("Working…") : t("Create key")}
        </button>
      </div>
    </form>
  );
}

function ScopeTable({ reaches, onChange }: { reaches: Readonly<Record<string, Reach>>; onChange: (noun: string, reach: Reach) => void }) {
  return (
    <ul class="scopes">
      {scopeNames.map(([noun, label]) => (
        <li key={noun}>
          <label for={`scope-${noun}`}>{label}</label>
          <select id={`scope-${noun}`} value={reaches[noun] ?? ""} onChange={(event) => onChange(noun, event.currentTarget.value as Reach)}>
            <option value="">–</option>
            <option value="read">{t("read")}</option>
            <option value="write">{t("read and write")}</option>
          </select>
        </li>
      ))}
    </ul>
  );
}
