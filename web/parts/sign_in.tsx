/**
 * The sign-in form, as a page of its own and over a page whose session ran out. The code of a second factor is asked for when the
 * server says that it is needed, in a step of its own.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { post, Problem, session } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { sortErrors } from "../pointer.ts";
import type { Session } from "../types.ts";
import { Trouble } from "./page.tsx";

export function SignIn({ email: known = "", onDone }: { email?: string; onDone: () => void }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [isAsked, setAsked] = useState(false);
  const doing = useDoing();
  const signIn = async (totp: string) => {
    let isOnlyAsked = false;
    const well = await doing.run(async () => {
      try {
        session.set(await post<Session>("/auth/session", { email, password, ...(totp && { totp }) }));
      } catch (error) {
        isOnlyAsked = totp === "" && error instanceof Problem && error.fields.some(({ pointer }) => pointer === "/totp");
        if (!isOnlyAsked) throw error;
        setAsked(true);
      }
    });
    if (well && !isOnlyAsked) onDone();
  };
  if (isAsked) {
    const restart = () => {
      setAsked(false);
      doing.clear();
    };
    return <SecondStep problem={doing.problem} busy={doing.busy} onCode={(code) => void signIn(code)} onBack={restart} />;
  }
  return (
    <form
      class="fields single"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn("");
      }}
    >
      <Trouble problem={doing.problem} rest={doing.problem?.fields ?? []} />
      <Line label={t("E-mail")} name="email" type="email" autocomplete="username" value={email} onChange={setEmail} />
      <Line label={t("Password")} name="password" type="password" autocomplete="current-password" value={password} onChange={setPassword} />
      <button type="submit" class="primary" disabled={doing.busy}>
        {doing.busy ? t("Signing in…") : t("Sign in")}
      </button>
    </form>
  );
}

interface SecondStepProps {
  problem: Problem | undefined;
  busy: boolean;
  onCode: (code: string) => void;
  onBack: () => void;
}

function SecondStep({ problem, busy, onCode, onBack }: SecondStepProps) {
  const [isRecovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const wrong = problem?.fields.find(({ pointer }) => pointer === "/totp") && t("This code is wrong or was used before.");
  return (
    <form
      class="fields single"
      onSubmit={(event) => {
        event.preventDefault();
        onCode(code);
      }}
    >
      {!wrong && <Trouble problem={problem} />}
      {isRecovery ? (
        <Line key="recovery" label={t("Recovery code")} name="recovery" hint={t("One of the ten that you kept; it works once")} autofocus value={code} onChange={setCode} error={wrong} />
      ) : (
        <Line key="totp" label={t("Code")} name="totp" autocomplete="one-time-code" numeric hint={t("Six digits from your authenticator")} autofocus value={code} onChange={setCode} error={wrong} />
      )}
      <button type="submit" class="primary" disabled={busy}>
        {busy ? t("Signing in…") : t("Sign in")}
      </button>
      <div class="actions">
        <button
          type="button"
          class="small plain"
          onClick={() => {
            setRecovery(!isRecovery);
            setCode("");
          }}
        >
          {isRecovery ? t("Use a code from the app") : t("Use a recovery code")}
        </button>
        <button type="button" class="small plain" onClick={onBack}>
          {t("Another account")}
        </button>
      </div>
    </form>
  );
}

/** What is wrong with each line of a small form, and what is wrong with none of them. */
export function lineErrors(problem: Problem | undefined, pointers: readonly string[]) {
  const { at, rest } = sortErrors(problem?.fields ?? [], pointers);
  return { errorOf: (pointer: string) => at.get(pointer)?.join("; "), rest };
}

interface LineProps {
  label: string;
  name: string;
  value: string;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  hint?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
  /** Digits, so that a phone shows those. */
  numeric?: boolean;
  /** Takes the focus as it appears. */
  autofocus?: boolean;
  onChange: (value: string) => void;
}

/** A line of a small form whose browser hints (user name, new password) matter. */
export function Line({ label, name, value, type = "text", autocomplete = "off", hint, error, optional, numeric, autofocus, onChange }: LineProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (autofocus) input.current?.focus();
  }, []);
  const shownType = type === "password" && isShown ? "text" : type;
  return (
    <div class="field">
      <label for={`line-${name}`}>
        {label}
        {optional && <span class="needed"> {t("optional")}</span>}
      </label>
      <div class={type === "password" ? "with-eye" : undefined}>
        <input
          ref={input}
          id={`line-${name}`}
          name={name}
          // The types of Preact want one literal here; which of the three it is decides the role by itself.
          type={shownType as "text"}
          autocomplete={autocomplete}
          inputMode={numeric ? "numeric" : undefined}
          required={!optional}
          value={value}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={error || hint ? `line-${name}-note` : undefined}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
        {type === "password" && (
          <button type="button" class="plain small eye" aria-pressed={isShown} aria-label={t("Show what is typed")} onClick={() => setShown(!isShown)}>
            {isShown ? t("Hide") : t("Show")}
          </button>
        )}
      </div>
      {(error || hint) && (
        <small id={`line-${name}-note`} class={error ? "field-error" : "hint"}>
          {error ?? hint}
        </small>
      )}
    </div>
  );
}
