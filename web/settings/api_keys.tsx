/** Keys for programs. The key itself is shown once, when it is made. */
import { get, remove } from "../api.ts";
import { useState } from "preact/hooks";
import { ago, exactTime, happened } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { ConfirmButton } from "../parts/confirm.tsx";
import { CopyLine } from "../parts/copy.tsx";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { useNow } from "../store.ts";
import type { ApiKey, List } from "../types.ts";
import { NewApiKey, type MadeKey } from "./new_api_key.tsx";
import { roleNames } from "./roles.ts";

export function ApiKeysSection() {
  const loaded = useLoad("keys", (signal) => get<List<ApiKey>>("/auth/api-keys", signal));
  const [made, setMade] = useState<MadeKey>();
  const items = loaded.data?.items;
  const onMade = (key: MadeKey) => {
    setMade(key);
    loaded.reload();
  };
  return (
    <>
      <div aria-live="polite">{made && <Shown made={made} />}</div>
      <Card title={t("New key")}>
        <NewApiKey onMade={onMade} />
      </Card>
      <Card title={items && items.length > 0 ? plural(items.length, "{count} key", "{count} keys") : t("Keys")}>
        <Trouble problem={loaded.error} retry={loaded.reload} />
        {!items && loaded.loading && <Loading what={t("the keys")} />}
        {items?.length === 0 && <p class="quiet">{t("There is no key yet. One lets a script, a pipeline or Prometheus use the API without a password.")}</p>}
        {items && items.length > 0 && <KeyTable keys={items} onChange={loaded.reload} />}
      </Card>
    </>
  );
}

function Shown({ made }: { made: MadeKey }) {
  return (
    <section class="card made" aria-label={t("The new key")}>
      <h2>{t("Copy the key of {name} now", { name: made.name })}</h2>
      <p class="quiet">{t("It is shown only this once; here only its fingerprint is kept.")}</p>
      <CopyLine label={t("Key")} text={made.key} secret />
      <CopyLine label={t("Try it")} text={`curl -H 'X-API-Key: ${made.key}' ${location.origin}/api/v1/checks`} />
    </section>
  );
}

function KeyTable({ keys, onChange }: { keys: readonly ApiKey[]; onChange: () => void }) {
  const now = useNow();
  return (
    <ScrollTable label={t("API keys")} columns={[t("Name"), t("Key"), t("May"), t("Last used"), t("Expires"), t("Actions")]}>
      {keys.map((key) => (
        <tr key={key.id}>
          <th scope="row">
            <b>{key.name}</b>
            <div class="quiet nowrap" title={exactTime(key.createdAt)}>
              {t("made {ago}", { ago: ago(key.createdAt, now) })}
            </div>
          </th>
          <td>
            <code>{key.prefix}…</code>
          </td>
          <td class="message">
            {roleNames[key.role] ?? key.role}
            <div class="quiet">{key.scopes.length === 0 ? t("all that the role may") : key.scopes.join(", ")}</div>
          </td>
          <td class="nowrap" title={exactTime(key.lastUsedAt)}>
            {happened(key.lastUsedAt, now)}
          </td>
          <td class="nowrap" title={exactTime(key.expiresAt)}>
            <Expiry at={key.expiresAt} now={now} />
          </td>
          <td class="right">
            <ConfirmButton
              small
              label={t("Revoke")}
              question={t("Revoke {name}?", { name: key.name })}
              detail={t("Whoever uses it is refused from then on.")}
              action={async () => {
                await remove(`/auth/api-keys/${key.id}`);
                onChange();
              }}
            />
          </td>
        </tr>
      ))}
    </ScrollTable>
  );
}

function Expiry({ at, now }: { at: string | null; now: number }) {
  if (!at) return <>{t("never")}</>;
  return Date.parse(at) <= now ? <span class="tone-down">{t("expired")}</span> : <>{ago(at, now)}</>;
}
