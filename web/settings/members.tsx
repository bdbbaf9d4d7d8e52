/** Who belongs to the team, and as what. */
import { useState } from "preact/hooks";
import { call, get, post, remove, session } from "../api.ts";
import { ago, exactTime } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useDoing, useLoad, type Loaded } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { Line, lineErrors } from "../parts/sign_in.tsx";
import { useCell, useNow } from "../store.ts";
import type { List, Member } from "../types.ts";
import { RoleField } from "./role_select.tsx";
import { roleNames, rolesUpTo } from "./roles.ts";

export function MembersSection() {
  const who = useCell(session);
  const loaded = useLoad("members", (signal) => get<List<Member>>("/members", signal));
  if (!who) return null;
  const items = loaded.data?.items;
  return (
    <>
      <Card title={t("Invite somebody")}>
        <Invite roles={rolesUpTo(who.role)} onDone={loaded.reload} />
      </Card>
      <Card title={items ? plural(items.length, "{count} member", "{count} members") : t("Members")}>
        <Trouble problem={loaded.error} retry={loaded.reload} />
        {!items && loaded.loading && <Loading what={t("the members")} />}
        {items && <MemberTable members={items} self={who.user.id} ownRole={who.role} reload={loaded.reload} />}
      </Card>
    </>
  );
}

interface MemberTableProps {
  members: readonly Member[];
  self: string;
  ownRole: string;
  reload: Loaded<unknown>["reload"];
}

function MemberTable({ members, self, ownRole, reload }: MemberTableProps) {
  const doing = useDoing();
  const now = useNow();
  const setRole = (member: Member, role: string) =>
    void doing.run(async () => {
      await call("PATCH", `/members/${member.user.id}`, { body: { role } });
      announce(t("{who} is now: {role}.", { who: member.user.name || member.user.email, role: roleNames[role] ?? role }));
      reload();
    });
  const given = rolesUpTo(ownRole);
  const mayManage = (member: Member) => member.user.id !== self && given.includes(member.role);
  return (
    <>
      <Trouble problem={doing.problem} />
      <ScrollTable label={t("Members")} columns={[t("Who"), t("Role"), t("Two-factor"), t("Added"), t("Actions")]}>
        {members.map((member) => (
          <tr key={member.user.id}>
            <th scope="row">
              <b>{member.user.name || member.user.email}</b> {member.user.id === self && <span class="type">{t("you")}</span>}
              {member.user.name && <div class="quiet">{member.user.email}</div>}
            </th>
            <td>
              {mayManage(member) ? (
                <select aria-label={t("Role of {who}", { who: member.user.email })} value={member.role} disabled={doing.busy} onChange={(event) => setRole(member, event.currentTarget.value)}>
                  {given.map((role) => (
                    <option key={role} value={role}>
                      {roleNames[role]}
                    </option>
                  ))}
                </select>
              ) : (
                roleNames[member.role]
              )}
            </td>
            <td>{member.user.totpEnabled ? t("on") : t("off")}</td>
            <td class="nowrap" title={exactTime(member.addedAt)}>
              {ago(member.addedAt, now)}
            </td>
            <td class="right">{mayManage(member) && <Remove member={member} reload={reload} />}</td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}

function Remove({ member, reload }: { member: Member; reload: () => void }) {
  return (
    <ConfirmButton
      small
      label={t("Remove")}
      question={t("Remove {who}?", { who: member.user.email })}
      detail={t("They are signed out at once, and the API keys that they made here stop working.")}
      action={async () => {
        await remove(`/members/${member.user.id}`);
        reload();
      }}
    />
  );
}

function Invite({ roles, onDone }: { roles: readonly string[]; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("viewer");
  const doing = useDoing();
  const { errorOf, rest } = lineErrors(doing.problem, ["/email", "/name", "/password", "/role"]);
  const add = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(() => post("/members", { email, role, ...(name && { name }), ...(password && { password }) }));
    if (!well) return;
    announce(t("{who} is a member.", { who: email }));
    for (const clear of [setEmail, setName, setPassword]) clear("");
    onDone();
  };
  return (
    <form class="fields" onSubmit={(event) => void add(event)}>
      <Line label={t("E-mail")} name="member-email" type="email" value={email} onChange={setEmail} error={errorOf("/email")} />
      <Line label={t("Name")} name="member-name" optional value={name} onChange={setName} error={errorOf("/name")} />
      <RoleField id="member-role" role={role} roles={roles} onChange={setRole} />
      <Line
        label={t("First password")}
        name="member-password"
        type="password"
        autocomplete="new-password"
        hint={t("For somebody who has no account here yet: tell it to them, they change it after signing in.")}
        optional
        value={password}
        onChange={setPassword}
        error={errorOf("/password")}
      />
      <div class="wide">
        <Trouble problem={doing.problem} rest={rest} />
        <button type="submit" class="primary" disabled={doing.busy}>
          {doing.busy ? t("Working…") : t("Add to the team")}
        </button>
      </div>
    </form>
  );
}
