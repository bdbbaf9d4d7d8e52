/** What can be done with a check. */
import { useEffect } from "preact/hooks";
import { post, remove } from "../api.ts";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import { go } from "../router.ts";
import type { Check } from "../types.ts";
import { announce } from "./announce.tsx";
import { ConfirmButton } from "./confirm.tsx";

export function CheckActions({ check, onChange }: { check: Check; onChange: (check: Check) => void }) {
  const doing = useDoing();
  const mayEdit = useMayEdit();
  useEffect(() => {
    if (doing.problem) announce(doing.problem.message, "down");
  }, [doing.problem]);
  if (!mayEdit) return null;
  const act = (path: string, done: string) =>
    void doing.run(async () => {
      const answer = await post<Check>(`/checks/${check.id}/${path}`);
      if (path !== "run") onChange(answer);
      announce(done);
    });
  return (
    <>
      {check.type !== "heartbeat" && (
        <button type="button" disabled={doing.busy} onClick={() => act("run", t("A run has been ordered; its result appears below."))}>
          {t("Run now")}
        </button>
      )}
      {check.enabled ? (
        <button type="button" disabled={doing.busy} onClick={() => act("pause", t("Paused."))}>
          {t("Pause")}
        </button>
      ) : (
        <button type="button" disabled={doing.busy} onClick={() => act("resume", t("Resumed."))}>
          {t("Resume")}
        </button>
      )}
      <a class="button" href={`/silences/new?checkId=${check.id}`}>
        {t("Silence")}
      </a>
      <a class="button" href={`/checks/new?from=${check.id}`}>
        {t("Clone")}
      </a>
      <a class="button" href={`/checks/${check.id}/edit`}>
        {t("Edit")}
      </a>
      <ConfirmButton
        label={t("Delete")}
        question={t("Delete {name}?", { name: check.name })}
        detail={t("Its results and its uptime go with it. This cannot be undone.")}
        action={async () => {
          await remove(`/checks/${check.id}`);
          announce(t("{name} is deleted.", { name: check.name }));
          go("/");
        }}
      />
    </>
  );
}
