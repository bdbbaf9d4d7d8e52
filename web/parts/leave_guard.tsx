/** Asks before unsaved work is left: by a link, by "back", or by closing the tab, where only the browser may ask. */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { go, holdHere, letGo } from "../router.ts";

export function LeaveGuard({ unsaved, onLeave }: { unsaved: boolean; onLeave: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [to, setTo] = useState("");
  useEffect(() => {
    if (!unsaved) return;
    const onClose = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", onClose);
    holdHere((wanted) => {
      setTo(wanted);
      if (!dialog.current?.open) dialog.current?.showModal();
    });
    return () => {
      letGo();
      removeEventListener("beforeunload", onClose);
    };
  }, [unsaved]);
  const leave = () => {
    dialog.current?.close();
    letGo();
    onLeave();
    go(to);
  };
  return (
    <dialog ref={dialog} aria-label={t("Leave without saving?")}>
      <h2>{t("Leave without saving?")}</h2>
      <p>{t("What you have typed here is not saved yet, and would be gone.")}</p>
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          {t("Stay here")}
        </button>
        <button type="button" class="danger solid" onClick={leave}>
          {t("Leave without saving")}
        </button>
      </div>
    </dialog>
  );
}
