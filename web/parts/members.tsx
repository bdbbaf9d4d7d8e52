/** Who belongs to the tenant, and as what. */
import { useState } from "preact/hooks";
import { call, get, post, remove } from "../api.ts";
import { useDoing, useLoad } from "../load.ts";
import { sortErrors } from "../pointer.ts";
import type { List, Member } from "../types.ts";
import { ConfirmButton } from "./confirm.tsx";
import { Card, Trouble } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";
import { Line } from "./sign_in.tsx";

const roles = ["viewer", "editor", "admin", "owner"];

export function Members({ self }: { self: string }) {
  const loaded = useLoad("members", (signal) => get<List<Member>>("/members", signal));
  const doing = useDoing();
  const setRole = (member: Member, role: string) =>
    void doing.run(async () => {
      await call("PATCH", `/members/${member.user.id}`, { body: { role } });
      loaded.reload();
    });
  return (
    <Card title="Members">
      <Trouble problem={doing.problem ?? loaded.error} />
      <ScrollTable label="Members" columns={["Who", "Role", "Actions"]}>
        {loaded.data?.items.map((member) => (
          <tr key={member.user.id}>
            <th scope="row">
              {member.user.name || member.user.email} {member.user.name && <span class="quiet">{member.user.email}</span>}
            </th>
            <td>
              <select aria-label={`Role of ${member.user.email}`} value={member.role} disabled={doing.busy || member.user.id === self} onChange={(event) => setRole(member, event.currentTarget.value)}>
                {roles.map((role) => (
                  <option key={role}>{role}</option>
                ))}
              </select>
            </td>
            <td class="right">
              {member.user.id !== self && (
                <ConfirmButton
                  small
                  label="Remove"
                  question={`Remove ${member.user.email}?`}
                  action={async () => {
                    await remove(`/members/${member.user.id}`);
                    loaded.reload();
                  }}
                />
              )}
            </td>
          </tr>
        ))}
      </ScrollTable>
      <AddMember onDone={loaded.reload} />
    </Card>
  );
}

function AddMember({ onDone }: { onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("viewer");
  const doing = useDoing();
  const errors = sortErrors(doing.problem?.fields ?? [], ["/email", "/password", "/role"]);
  const add = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(() => post("/members", { email, role, ...(password && { password }) }));
    if (!well) return;
    setEmail("");
    setPassword("");
    onDone();
  };
  return (
    <details class="more">
      <summary>Add a member</summary>
      <form class="fields" onSubmit={(event) => void add(event)}>
        <Line label="E-mail" name="member-email" type="email" value={email} onChange={setEmail} error={errors.at.get("/email")?.join("; ")} />
        <Line
          label="First password"
          name="member-password"
          type="password"
          autocomplete="new-password"
          hint="Only for somebody who has no account here yet"
          optional
          value={password}
          onChange={setPassword}
          error={errors.at.get("/password")?.join("; ")}
        />
        <div class="field">
          <label for="member-role">Role</label>
          <select id="member-role" value={role} onChange={(event) => setRole(event.currentTarget.value)}>
            {roles.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
        <div class="wide">
          <Trouble problem={doing.problem} rest={errors.rest} />
          <button type="submit" disabled={doing.busy}>
            Add
          </button>
        </div>
      </form>
    </details>
  );
}
