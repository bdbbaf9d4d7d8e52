/** Password and second factor of the one who is signed in. */
import { useState } from "preact/hooks";
import { post, session } from "../api.ts";
import { useDoing } from "../load.ts";
import { sortErrors } from "../pointer.ts";
import type { Session } from "../types.ts";
import { announce } from "./announce.tsx";
import { Card, Trouble } from "./page.tsx";
import { Line } from "./sign_in.tsx";

export function Account({ who }: { who: Session }) {
  return (
    <Card title="Account">
      <Password />
      <SecondFactor who={who} />
    </Card>
  );
}

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const doing = useDoing();
  const errors = sortErrors(doing.problem?.fields ?? [], ["/current", "/next"]);
  const change = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(() => post("/auth/password", { current, next }));
    if (!well) return;
    setCurrent("");
    setNext("");
    announce("The password is changed; other sessions have ended.");
  };
  return (
    <form class="fields single" onSubmit={(event) => void change(event)}>
      <Line label="Current password" name="current" type="password" autocomplete="current-password" value={current} onChange={setCurrent} error={errors.at.get("/current")?.join("; ")} />
      <Line label="New password" name="next" type="password" autocomplete="new-password" value={next} onChange={setNext} error={errors.at.get("/next")?.join("; ")} />
      <Trouble problem={doing.problem} rest={errors.rest} />
      <button type="submit" disabled={doing.busy}>
        Change the password
      </button>
    </form>
  );
}

function SecondFactor({ who }: { who: Session }) {
  const [secret, setSecret] = useState<{ secret: string; uri: string }>();
  const [code, setCode] = useState("");
  const doing = useDoing();
  const isOn = who.user.totpEnabled;
  const enrol = () => void doing.run(async () => setSecret(await post("/auth/totp")));
  const confirm = async (event: Event) => {
    event.preventDefault();
    const well = await doing.run(() => post(isOn ? "/auth/totp/disable" : "/auth/totp/verify", { code }));
    if (!well) return;
    session.set({ ...who, user: { ...who.user, totpEnabled: !isOn } });
    setSecret(undefined);
    setCode("");
    announce(isOn ? "The second factor is off." : "The second factor is on.");
  };
  return (
    <form class="fields single" onSubmit={(event) => void confirm(event)}>
      <h3>Second factor: {isOn ? "on" : "off"}</h3>
      {!isOn && !secret && (
        <button type="button" disabled={doing.busy} onClick={enrol}>
          Turn it on
        </button>
      )}
      {secret && (
        <p>
          Add this secret to your authenticator, or <a href={secret.uri}>open it there</a>, then type the code that it shows: <code class="secret">{secret.secret}</code>
        </p>
      )}
      {(isOn || secret) && (
        <>
          <Line label="Code" name="code" autocomplete="one-time-code" value={code} onChange={setCode} />
          <button type="submit" disabled={doing.busy}>
            {isOn ? "Turn it off" : "Confirm"}
          </button>
        </>
      )}
      <Trouble problem={doing.problem} />
    </form>
  );
}
