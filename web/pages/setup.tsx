/** The first owner, made with the single-use link that was printed at start. */
import { useState } from "preact/hooks";
import { get, post, session } from "../api.ts";
import { useDoing, useLoad } from "../load.ts";
import { Logo } from "../parts/icon.tsx";
import { Page, Trouble } from "../parts/page.tsx";
import { ThemeButton } from "../parts/shell.tsx";
import { Line } from "../parts/sign_in.tsx";
import { sortErrors } from "../pointer.ts";
import { go, place } from "../router.ts";
import type { Session } from "../types.ts";

export function SetupPage() {
  const setup = useLoad("setup", (signal) => get<{ needed: boolean }>("/auth/setup", signal));
  return (
    <div class="door">
      <header class="door-head">
        <Logo />
        <ThemeButton />
      </header>
      <Page title="Welcome to UptimePing">
        <Trouble problem={setup.error} retry={setup.reload} />
        {setup.data && !setup.data.needed ? (
          <p class="notice">
            The first account exists already. <a href="/login">Sign in</a> instead.
          </p>
        ) : (
          <FirstOwner />
        )}
      </Page>
    </div>
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
  const errors = sortErrors(doing.problem?.fields ?? [], pointers);
  const errorOf = (pointer: string) => errors.at.get(pointer)?.join("; ");
  const submit = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(async () => {
      await post("/auth/setup", { token, email, password, ...(name && { name }), ...(tenantName && { tenantName }) });
      // The set-up answers tokens for programs; the browser wants its cookies.
      session.set(await post<Session>("/auth/session", { email, password }));
    });
    if (well) go("/");
  };
  return (
    <form class="fields single" onSubmit={(event) => void submit(event)}>
      <p>You are the first one here: this makes you the owner.</p>
      <Trouble problem={doing.problem} rest={errors.rest} />
      {(!hadToken || errorOf("/token")) && (
        <Line label="Set-up token" name="token" hint="From the link that was printed at start" value={token} onChange={setToken} error={errorOf("/token")} />
      )}
      <Line label="E-mail" name="email" type="email" autocomplete="username" value={email} onChange={setEmail} error={errorOf("/email")} />
      <Line
        label="Password"
        name="password"
        type="password"
        autocomplete="new-password"
        hint="Long is better than complicated"
        value={password}
        onChange={setPassword}
        error={errorOf("/password")}
      />
      <Line label="Your name" name="name" autocomplete="name" optional value={name} onChange={setName} error={errorOf("/name")} />
      <Line label="Team or company" name="tenant" autocomplete="organization" optional value={tenantName} onChange={setTenantName} error={errorOf("/tenantName")} />
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? "Creating…" : "Create the owner"}
      </button>
    </form>
  );
}
