/** A button that asks before it does something that cannot be undone. */
import { useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { Trouble } from "./page.tsx";

interface ConfirmProps {
  label: string;
  question: string;
  detail?: string;
  action: () => Promise<unknown>;
  small?: boolean;
}

export function ConfirmButton({ label, question, detail, action, small }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const doing = useDoing();
  const confirm = async () => {
    if (await doing.run(action)) dialog.current?.close();
  };
  return (
    <>
      <button type="button" class={small ? "danger small" : "danger"} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-label={question} onClose={doing.clear}>
        <h2>{question}</h2>
        {detail && <p>{detail}</p>}
        <Trouble problem={doing.problem} />
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            {t("Cancel")}
          </button>
          <button type="button" class="danger solid" disabled={doing.busy} onClick={() => void confirm()}>
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
