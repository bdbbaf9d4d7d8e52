/** The account, the keys, the members, and what everyone did. */
import { get, session } from "../api.ts";
import { useLoad } from "../load.ts";
import { Account } from "../parts/account.tsx";
import { ApiKeys } from "../parts/api_keys.tsx";
import { AuditLog } from "../parts/audit_log.tsx";
import { Members } from "../parts/members.tsx";
import { Card, Page } from "../parts/page.tsx";
import { useMayAdminister } from "../rights.ts";
import { setShortcuts, shortcuts } from "../shortcuts.ts";
import { useCell } from "../store.ts";

export function SettingsPage() {
  const who = useCell(session);
  const mayAdminister = useMayAdminister();
  const version = useLoad("version", (signal) => get<{ version: string }>("/version", signal));
  if (!who) return null;
  return (
    <Page title="Settings" beside={<span class="quiet">{`${who.tenant.name} · ${who.user.email} · ${who.role}`}</span>}>
      <div class="columns">
        <Account who={who} />
        <Card title="This browser">
          <label class="check-line">
            <input type="checkbox" checked={useCell(shortcuts)} onChange={(event) => setShortcuts(event.currentTarget.checked)} />
            <span>
              Keyboard shortcuts: <kbd>/</kbd> search, <kbd>n</kbd> new check
            </span>
          </label>
          {version.data && <p class="quiet">UptimePing {version.data.version}</p>}
        </Card>
      </div>
      <ApiKeys />
      {mayAdminister && <Members self={who.user.id} />}
      {mayAdminister && <AuditLog />}
    </Page>
  );
}
