/** Who one is here, and the password. */
import { useState } from "preact/hooks";
import { post, session } from "../api.ts";
import { exactTime } from "../format.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { Card, Trouble } from "../parts/page.tsx";
import { Line, lineErrors } from "../parts/sign_in.tsx";
import { useCell } from "../store.ts";
import { roleNames } from "./roles.ts";

export function AccountSection() {
  const who = useCell(session);
  if (!who) return null;
  return (
    <>
      <Card title={t("You")}>
        <dl class="pairs-list">
          <dt>{t("E-mail")}</dt>
          <dd>{who.user.email}</dd>
          {who.user.name && (
            <>
              <dt>{t("Name")}</dt>
              <dd>{who.user.name}</dd>
            </>
          )}
          <dt>{t("Team")}</dt>
          <dd>{who.tenant.name}</dd>
          <dt>{t("Role")}</dt>
          <dd>{roleNames[who.role]}</dd>
          {who.user.createdAt && (
            <>
              <dt>{t("Since")}</dt>
              <dd>{exactTime(who.user.createdAt)}</dd>
            </>
          )}
        </dl>
      </Card>
      <Card title={t("Password")}>
        <Password email={who.user.email} />
      </Card>
    </>
  );
}

function Password({ email }: { email: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const doing = useDoing();
  const { errorOf, rest } = lineErrors(doing.problem, ["/current", "/next"]);
  const change = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(() => post("/auth/password", { current, next }));
    if (!well) return;
    setCurrent("");
    setNext("");
    announce(t("The password is changed; other sessions have ended."));
  };
  return (
    <form class="fields single narrow" onSubmit={(event) => void change(event)}>
      {/* For password managers, which want to know whose password this is. */}
      <input type="text" class="hidden" name="username" autocomplete="username" value={email} readOnly tabIndex={-1} aria-hidden="true" />
      <Line label={t("Current password")} name="current" type="password" autocomplete="current-password" value={current} onChange={setCurrent} error={errorOf("/current")} />
      <Line
        label={t("New password")}
        name="next"
        type="password"
        autocomplete="new-password"
        hint={t("Long is better than complicated. Every other session ends.")}
        value={next}
        onChange={setNext}
        error={errorOf("/next")}
      />
      <Trouble problem={doing.problem} rest={rest} />
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? t("Working…") : t("Change the password")}
      </button>
    </form>
  );
}
