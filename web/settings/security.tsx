/**
 * The second factor: off → a secret is shown as a QR code → a code from the app proves that it arrived → recovery codes are shown,
 * once → on. Off again with the password.
 */
import { useState } from "preact/hooks";
import { get, post, session } from "../api.ts";
import { plural, t } from "../i18n.ts";
import { useDoing, useLoad, type Loaded } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { CopyLine } from "../parts/copy.tsx";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { Line } from "../parts/sign_in.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { PasswordDialog } from "./password_dialog.tsx";
import { QrCode } from "./qr_code.tsx";
import { RecoveryCodes } from "./recovery_codes.tsx";

interface Factor {
  enabled: boolean;
  recoveryCodesLeft: number;
}

interface Secret {
  secret: string;
  uri: string;
}

export function SecuritySection() {
  const factor = useLoad("totp", (signal) => get<Factor>("/auth/totp", signal));
  const [secret, setSecret] = useState<Secret>();
  const [codes, setCodes] = useState<readonly string[]>();
  const doing = useDoing();
  const isOn = factor.data?.enabled === true;
  const enrol = () => void doing.run(async () => setSecret(await post<Secret>("/auth/totp")));
  const became = (enabled: boolean, shown?: readonly string[]) => {
    const who = session.get();
    if (who) session.set({ ...who, user: { ...who.user, totpEnabled: enabled } });
    factor.set((before) => before && { enabled, recoveryCodesLeft: shown?.length ?? 0 });
    setSecret(undefined);
    setCodes(shown);
  };
  if (!factor.data) return factor.error ? <Trouble problem={factor.error} retry={factor.reload} /> : <Loading what={t("the second factor")} />;
  return (
    <>
      <Card title={t("Codes from an app")} aside={<StateBadge state={isOn ? "up" : "paused"} label={isOn ? t("on") : t("off")} />}>
        <p>{t("Whoever knows your password still needs the code that an authenticator app on your phone shows, a new one every 30 seconds.")}</p>
        <Trouble problem={doing.problem} />
        {!isOn && !secret && (
          <button type="button" class="primary" disabled={doing.busy} onClick={enrol}>
            {t("Turn on two-factor sign-in")}
          </button>
        )}
        {secret && <Enrol secret={secret} onDone={(shown) => became(true, shown)} onCancel={() => setSecret(undefined)} />}
        {isOn && !codes && <TurnOff onDone={() => became(false)} />}
      </Card>
      {codes && <RecoveryCodes codes={codes} onDone={() => setCodes(undefined)} />}
      {isOn && !codes && <Recovery factor={factor} onRenewed={setCodes} />}
    </>
  );
}

function Enrol({ secret, onDone, onCancel }: { secret: Secret; onDone: (codes: readonly string[]) => void; onCancel: () => void }) {
  const [code, setCode] = useState("");
  const doing = useDoing();
  const wrong = doing.problem?.fields[0]?.message;
  const verify = async (event: Event) => {
    event.preventDefault();
    await doing.run(async () => {
      const { recoveryCodes } = await post<{ recoveryCodes: string[] }>("/auth/totp/verify", { code });
      announce(t("Two-factor sign-in is on."));
      onDone(recoveryCodes);
    });
  };
  return (
    <div class="enrol">
      <QrCode text={secret.uri} label={t("QR code for your authenticator app")} />
      <form class="fields single" onSubmit={(event) => void verify(event)}>
        <ol class="steps">
          <li>
            {t("Scan this with an authenticator app, or type the secret there:")}
            <CopyLine label={t("Secret")} text={secret.secret.match(/.{1,4}/g)!.join(" ")} secret />
            <a href={secret.uri}>{t("Open the app on this device")}</a>
          </li>
          <li>{t("Type the six digits that the app shows now.")}</li>
        </ol>
        <Line label={t("Code")} name="code" autocomplete="one-time-code" numeric autofocus value={code} onChange={setCode} error={wrong} />
        {!wrong && <Trouble problem={doing.problem} />}
        <div class="actions">
          <button type="submit" class="primary" disabled={doing.busy}>
            {doing.busy ? t("Working…") : t("Confirm")}
          </button>
          <button type="button" onClick={onCancel}>
            {t("Cancel")}
          </button>
        </div>
      </form>
    </div>
  );
}

function TurnOff({ onDone }: { onDone: () => void }) {
  const turnOff = async (password: string) => {
    await post("/auth/totp/disable", { password });
    announce(t("Two-factor sign-in is off."));
    onDone();
  };
  return <PasswordDialog danger label={t("Turn off")} question={t("Turn off two-factor sign-in?")} detail={t("The password alone opens the door then, and the recovery codes are void.")} action={turnOff} />;
}

function Recovery({ factor, onRenewed }: { factor: Loaded<Factor>; onRenewed: (codes: readonly string[]) => void }) {
  const left = factor.data?.recoveryCodesLeft ?? 0;
  const renew = async (password: string) => {
    const { recoveryCodes } = await post<{ recoveryCodes: string[] }>("/auth/totp/recovery-codes", { password });
    factor.set((before) => before && { ...before, recoveryCodesLeft: recoveryCodes.length });
    onRenewed(recoveryCodes);
  };
  const sign = left > 3 ? "up" : left > 0 ? "degraded" : "down";
  return (
    <Card title={t("Recovery codes")} aside={<StateBadge state={sign} label={plural(left, "{count} left", "{count} left // recovery codes")} />}>
      <p>{t("When the phone is lost, each of these signs you in once in place of a code.")}</p>
      <PasswordDialog label={t("New recovery codes")} question={t("Make new recovery codes?")} detail={t("Those you have now are void from then on.")} action={renew} />
    </Card>
  );
}
