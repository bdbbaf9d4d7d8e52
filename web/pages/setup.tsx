/** The first owner, made with the single-use link that was printed at start. */
import { useState } from "preact/hooks";
import { get, post, session } from "../api.ts";
import { rich, t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { Door } from "../parts/door.tsx";
import { Page, Trouble } from "../parts/page.tsx";
import { Line, lineErrors } from "../parts/sign_in.tsx";
import { go, place } from "../router.ts";
import type { Session } from "../types.ts";

export function SetupPage() {
  const setup = useLoad("setup", (signal) => get<{ needed: boolean }>("/auth/setup", signal));
  return (
    <Door>
      <Page title={t("Welcome to UptimePing")}>
        <Trouble problem={setup.error} retry={setup.reload} />
        {setup.data && !setup.data.needed ? (
          <p class="notice">{rich("The first account exists already. {link} instead.", { link: <a href="/login">{t("Sign in")}</a> })}</p>
        ) : (
          <FirstOwner />
        )}
      </Page>
    </Door>
  );
}

const pointers = ["/email", "/password", "/name", "/tenantName", "/token"];

function FirstOwner() {
  const [token, setToken] = useState(place.get().query.get("token") ?? "");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [name, setName] = useState("");
  const [tenantName, setTenantName] = useState("");
  const [hadToken] = useState(token !== "");
  const doing = useDoing();
  const { errorOf, rest } = lineErrors(doing.problem, pointers);
  const submit = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(async () => {
      await post("/auth/setup", { token, email, password, ...(name && { name }), ...(tenantName && { tenantName }) });
      // The set-up answers tokens for programs; the browser wants its cookies.
      session.set(await post<Session>("/auth/session", { email, password }));
    });
    if (well) go("/welcome");
  };
  return (
    <form class="fields single" onSubmit={(event) => void submit(event)}>
      <p>{t("You are the first one here: this makes you the owner. The first check is a minute away.")}</p>
      <Trouble problem={doing.problem} rest={rest} />
      {(!hadToken || errorOf("/token")) && (
        <Line label={t("Set-up token")} name="token" hint={t("From the link that was printed at start")} value={token} onChange={setToken} error={errorOf("/token")} />
      )}
      <Line label={t("E-mail")} name="email" type="email" autocomplete="username" autofocus value={email} onChange={setEmail} error={errorOf("/email")} />
      <Line
        label={t("Password")}
        name="password"
        type="password"
        autocomplete="new-password"
        hint={t("Long is better than complicated")}
        value={password}
        onChange={setPassword}
        error={errorOf("/password")}
      />
      <details class="more">
        <summary>{t("Your name and your team")}</summary>
        <Line label={t("Your name")} name="name" autocomplete="name" optional value={name} onChange={setName} error={errorOf("/name")} />
        <Line label={t("Team or company")} name="tenant" autocomplete="organization" optional value={tenantName} onChange={setTenantName} error={errorOf("/tenantName")} />
      </details>
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? t("Creating…") : t("Create the owner")}
      </button>
    </form>
  );
}
