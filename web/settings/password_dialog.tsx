/** A button that asks for the password before it does what a borrowed session must not do. */
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { Trouble } from "../parts/page.tsx";
import { Line } from "../parts/sign_in.tsx";

interface PasswordDialogProps {
  label: string;
  question: string;
  detail: string;
  danger?: boolean;
  action: (password: string) => Promise<unknown>;
}

export function PasswordDialog({ label, question, detail, danger, action }: PasswordDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // A page may have several of these, and the ids of their fields are alike: only the open one has a field.
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const doing = useDoing();
  const wrong = doing.problem?.fields.find(({ pointer }) => pointer === "/password")?.message;
  const open = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  const close = () => {
    setOpen(false);
    setPassword("");
    doing.clear();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing.run(() => action(password))) dialog.current?.close();
  };
  return (
    <>
      <button type="button" class={danger ? "danger" : ""} onClick={open}>
        {label}
      </button>
      <dialog ref={dialog} aria-label={question} onClose={close}>
        <h2>{question}</h2>
        <p>{detail}</p>
        {isOpen && (
          <form class="fields single" onSubmit={(event) => void submit(event)}>
            <Line label={t("Your password")} name="confirm-password" type="password" autofocus autocomplete="current-password" value={password} onChange={setPassword} error={wrong} />
            {!wrong && <Trouble problem={doing.problem} />}
            <div class="actions">
              <button type="button" onClick={() => dialog.current?.close()}>
                {t("Cancel")}
              </button>
              <button type="submit" class={danger ? "danger solid" : "primary"} disabled={doing.busy}>
                {label}
              </button>
            </div>
          </form>
        )}
      </dialog>
    </>
  );
}
