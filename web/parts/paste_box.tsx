/** One box for whatever somebody has at hand: it becomes the kind and the fields of a check, and what was not understood is told. */
import { useRef, useState } from "preact/hooks";
import { plural, t } from "../i18n.ts";
import { kindNames } from "../kind_names.ts";
import type { Because } from "../paste/curl_command.ts";
import { readPasted, type Pasted } from "../paste/pasted.ts";
import { Icon } from "./icon.tsx";

interface PasteBoxProps {
  /** Gives the way back. */
  onTake: (pasted: Pasted) => () => void;
}

export function PasteBox({ onTake }: PasteBoxProps) {
  const [text, setText] = useState("");
  const [outcome, setOutcome] = useState<{ pasted: Pasted; undo: () => void } | "nothing">();
  const box = useRef<HTMLTextAreaElement>(null);
  const take = (given: string) => {
    if (given.trim() === "") return setOutcome(undefined);
    const pasted = readPasted(given);
    setOutcome(pasted ? { pasted, undo: onTake(pasted) } : "nothing");
  };
  const undo = () => {
    if (outcome && outcome !== "nothing") outcome.undo();
    setOutcome(undefined);
    box.current?.focus();
  };
  return (
    <section class="card paste-box" aria-label={t("Fill in by pasting")}>
      <label for="paste">{t("Paste what you have")}</label>
      <div class="paste-line">
        <textarea
          ref={box}
          id="paste"
          rows={text.includes("\n") || text.length > 90 ? 4 : 1}
          value={text}
          spellcheck={false}
          autocomplete="off"
          aria-describedby="paste-hint"
          placeholder="https://shop.example/health"
          onFocus={(event) => event.currentTarget.select()}
          onInput={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => {
            // The text is in the box only after this event; read there, it is also what somebody added to by hand.
            const area = event.currentTarget;
            setTimeout(() => take(area.value));
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey) return;
            event.preventDefault();
            take(text);
          }}
        />
        <button type="button" disabled={text.trim() === ""} onClick={() => take(text)}>
          {t("Fill in")}
        </button>
      </div>
      <small id="paste-hint" class="hint">
        {t("A URL, host:port, or a whole curl or grpcurl command: method, headers, body, user and limits are filled in below.")}
      </small>
      <div aria-live="polite">{outcome && (outcome === "nothing" ? <NotUnderstood /> : <Understood pasted={outcome.pasted} onUndo={undo} />)}</div>
    </section>
  );
}

function NotUnderstood() {
  return (
    <p class="paste-outcome">
      <Icon name="unknown" /> {t("This is neither an address nor a command that is known here. Nothing was changed; choose a kind below.")}
    </p>
  );
}

function Understood({ pasted: { type, taken, left, open }, onUndo }: { pasted: Pasted; onUndo: () => void }) {
  return (
    <div class="paste-outcome">
      <p>
        <Icon name="check" /> <b>{t("Filled in as {kind}", { kind: kindNames[type] ?? type })}</b>
        {taken.length > 0 && `: ${taken.join(", ")}`}{" "}
        <button type="button" class="link" onClick={onUndo}>
          {t("Undo")}
        </button>
      </p>
      {open !== "" && (
        <p>
          <Icon name="degraded" /> {t("The quote {quote} is never closed: the command may be cut off.", { quote: open })}
        </p>
      )}
      {left.length > 0 && (
        <>
          <p>
            <Icon name="degraded" /> {plural(left.length, "{count} part was left out:", "{count} parts were left out:")}
          </p>
          <ul>
            {left.map(({ what, because }, index) => (
              <li key={index}>
                <code>{what.length > 200 ? `${what.slice(0, 200)}…` : what}</code> {reasons[because]}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

const reasons: Record<Because, string> = {
  unknown: t("is not known here"),
  cannot: t("is nothing that a check can do"),
  file: t("is a file on your machine: paste what is in it"),
  second: t("is one more than a check asks: make another check of it"),
  value: t("has no value that can be used"),
  variable: t("is a variable of your shell: put in its value"),
};
