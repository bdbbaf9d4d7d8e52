/** Where the job of a heartbeat reports, and how: the URL, commands to paste, and a way to replace it. */
import { rich, t } from "../i18n.ts";
import { useState } from "preact/hooks";
import { post } from "../api.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";
import { CopyLine } from "./copy.tsx";
import { Card } from "./page.tsx";

export function HeartbeatPanel({ checkId, pingUrl, isPending }: { checkId: string; pingUrl: string; isPending?: boolean }) {
  const [url, setUrl] = useState(pingUrl);
  if (url === "") return null;
  const rotate = async () => {
    setUrl((await post<{ pingUrl: string }>(`/checks/${checkId}/ping-token`)).pingUrl);
    announce(t("The ping URL is a new one."));
  };
  return (
    <Card
      title={t("How the job reports")}
      aside={<ConfirmButton small label={t("Replace the URL")} question={t("Replace the ping URL?")} detail={t("The one before stops working at once: every job that uses it must get the new one.")} action={rotate} />}
    >
      {isPending && <p class="notice">{t("Nothing was reported yet, so this check is pending. It begins with the first success: call the URL when the job has ended well.")}</p>}
      <div class="copy-lines">
        <CopyLine label={t("Ping URL")} text={url} secret />
        <CopyLine label={t("After a success")} text={`curl -fsS -m 10 --retry 3 ${url}`} />
        <CopyLine label={t("Around the job")} text={["uptimeping", "ping", url, "-- /path/to/job"].join(" ")} />
        <CopyLine label={t("In a crontab")} text={`0 3 * * * /path/to/job; curl -fsS -m 10 --retry 3 ${url}/$?`} />
      </div>
      <p class="quiet">
        {rich("Also {start} when it begins, {fail} when it failed, {code} for either, and {log} to only leave a note. Whoever has the URL can report: keep it like a password.", {
          start: <code>{"/start"}</code>,
          fail: <code>{"/fail"}</code>,
          code: <code>{`/{${t("exit code")}}`}</code>,
          log: <code>{"/log"}</code>,
        })}
      </p>
    </Card>
  );
}
