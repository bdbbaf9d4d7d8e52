/** The turns of a conversation: what was sent, what came, how long it took, and where it ended badly. */
import { latency, value } from "../format.ts";
import { t } from "../i18n.ts";
import { Icon } from "../parts/icon.tsx";
import { textOf } from "../pointer.ts";
import type { JsonObject } from "../types.ts";
import { LongText, useFirst } from "./long_text.tsx";

const shownTurns = 20;

/** `failure` is the message of the result's error; it names the step at which it ended. */
export function Dialogue({ turns, failure }: { turns: readonly JsonObject[]; failure: string }) {
  const { items, more } = useFirst(turns, shownTurns);
  const last = turns.length - 1;
  return (
    <section class="dialogue" aria-label={t("Dialogue")}>
      <h3>{t("Dialogue")}</h3>
      <ol>
        {items.map((turn, index) => (
          <Turn key={index} turn={turn} isFailing={index === last && failedAt(failure, textOf(turn["step"]))} />
        ))}
      </ol>
      {more}
    </section>
  );
}

function failedAt(failure: string, step: string): boolean {
  return step !== "" && ` ${failure}`.includes(` ${step}`) && !/\d/.test(failure.charAt(failure.indexOf(step) + step.length));
}

function Turn({ turn, isFailing }: { turn: JsonObject; isFailing: boolean }) {
  const { step, sent, sentHex, received, receivedHex, ms } = turn;
  return (
    <li class={isFailing ? "turn wrong" : "turn"}>
      <p>
        <b>{value(step)}</b> <span class="quiet number">{typeof ms === "number" && latency(ms)}</span>{" "}
        {isFailing && (
          <span class="tone-down">
            <Icon name="down" /> {t("failed here")}
          </span>
        )}
      </p>
      <Said who={t("Sent")} text={sent} hex={sentHex} />
      <Said who={t("Received")} text={received} hex={receivedHex} />
      {received === undefined && receivedHex === undefined && isFailing && <p class="quiet">{t("Nothing was received.")}</p>}
    </li>
  );
}

function Said({ who, text, hex }: { who: string; text: unknown; hex: unknown }) {
  if (typeof text !== "string" && typeof hex !== "string") return null;
  return (
    <p class="said">
      <span class="quiet">{who}</span> <code>
        <LongText text={typeof text === "string" ? visible(text) : t("bytes {hex}", { hex: String(hex) })} limit={500} />
      </code>
    </p>
  );
}

/** Line ends are part of a protocol: they are shown. */
function visible(text: string): string {
  return text.replaceAll("\r", "\\r").replaceAll("\n", "\\n\n").replace(/\n$/, "");
}
