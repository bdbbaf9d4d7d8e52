/** Keys for programs. The key itself is shown once, when it is made. */
import { useState } from "preact/hooks";
import { get, post, remove } from "../api.ts";
import { ago, exactTime, happened } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { useNow } from "../store.ts";
import type { ApiKey, List } from "../types.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { Card, Trouble } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";

export function ApiKeys() {
  const loaded = useLoad("keys", (signal) => get<List<ApiKey>>("/auth/api-keys", signal));
  const [name, setName] = useState("");
  const [role, setRole] = useState("editor");
  const [made, setMade] = useState<ApiKey & { key: string }>();
  const doing = useDoing();
  const create = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(async () => setMade(await post("/auth/api-keys", { name, role })));
    if (!well) return;
    setName("");
    loaded.reload();
  };
  return (
    <Card title="API keys">
      <form class="inline" onSubmit={(event) => void create(event)}>
        <div class="field">
          <label for="key-name">Name</label>
          <input id="key-name" required placeholder="deploy script" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="key-role">Role</label>
          <select id="key-role" value={role} onChange={(event) => setRole(event.currentTarget.value)}>
            {["viewer", "editor", "admin"].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
        <button type="submit" disabled={doing.busy}>
          Create key
        </button>
      </form>
      <Trouble problem={doing.problem ?? loaded.error} rest={doing.problem?.fields ?? []} />
      <div aria-live="polite">{made && <Shown made={made} />}</div>
      {loaded.data && loaded.data.items.length > 0 && <KeyTable keys={loaded.data.items} onChange={loaded.reload} />}
    </Card>
  );
}

function Shown({ made }: { made: { name: string; key: string } }) {
  const copy = () => void navigator.clipboard?.writeText(made.key).then(() => announce("Copied."));
  return (
    <div class="notice good">
      <div class="grow">
        <p>This is the key of {made.name}. It is shown only now:</p>
        <code class="secret">{made.key}</code>
      </div>
      <button type="button" onClick={copy}>
        Copy
      </button>
    </div>
  );
}

function KeyTable({ keys, onChange }: { keys: readonly ApiKey[]; onChange: () => void }) {
  const now = useNow();
  return (
    <ScrollTable label="API keys" columns={["Name", "Key", "Role", "Last used", "Expires", "Actions"]}>
      {keys.map((key) => (
        <tr key={key.id}>
          <th scope="row">{key.name}</th>
          <td>
            <code>{key.prefix}…</code>
          </td>
          <td>{key.role}</td>
          <td title={exactTime(key.lastUsedAt)}>{happened(key.lastUsedAt, now)}</td>
          <td title={exactTime(key.expiresAt)}>{ago(key.expiresAt, now)}</td>
          <td class="right">
            <ConfirmButton
              small
              label="Revoke"
              question={`Revoke ${key.name}?`}
              detail="Whoever uses it is refused from then on."
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
