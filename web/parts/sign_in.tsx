/** The sign-in form, as a page of its own and over a page whose session ran out. */
import { useState } from "preact/hooks";
import { post, Problem, session } from "../api.ts";
import { useDoing } from "../load.ts";
import type { Session } from "../types.ts";
import { Trouble } from "./page.tsx";

export function SignIn({ email: known = "", onDone }: { email?: string; onDone: () => void }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [totp, setTotp] = useState("");
  const [asked, setAsked] = useState(false);
  const doing = useDoing();
  const submit = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(async () => {
      try {
        session.set(await post<Session>("/auth/session", { email, password, ...(totp && { totp }) }));
      } catch (error) {
        if (error instanceof Problem && error.fields.some(({ pointer }) => pointer === "/totp")) setAsked(true);
        throw error;
      }
    });
    if (well) onDone();
  };
  return (
    <form class="fields single" onSubmit={(event) => void submit(event)}>
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      <Line label="E-mail" name="email" type="email" autocomplete="username" value={email} onChange={setEmail} />
      <Line label="Password" name="password" type="password" autocomplete="current-password" value={password} onChange={setPassword} />
      <details class="more" open={asked || undefined}>
        <summary>I use a second factor</summary>
        <Line label="Code" name="totp" autocomplete="one-time-code" hint="Six digits from your authenticator" value={totp} onChange={setTotp} optional />
      </details>
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}

interface LineProps {
  label: string;
  name: string;
  value: string;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  hint?: string;
  error?: string | undefined;
  optional?: boolean;
  onChange: (value: string) => void;
}

/** A line of a small form whose browser hints (user name, new password) matter. */
export function Line({ label, name, value, type = "text", autocomplete = "off", hint, error, optional, onChange }: LineProps) {
  return (
    <div class="field">
      <label for={`line-${name}`}>{label}</label>
      <input
        id={`line-${name}`}
        name={name}
        // The types of Preact want one literal here; which of the three it is decides the role by itself.
        type={type as "text"}
        autocomplete={autocomplete}
        required={!optional}
        value={value}
        aria-invalid={error ? "true" : undefined}
        aria-describedby={error || hint ? `line-${name}-note` : undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {(error || hint) && (
        <small id={`line-${name}-note`} class={error ? "field-error" : "hint"}>
          {error ?? hint}
        </small>
      )}
    </div>
  );
}
