/** One message of the ledger: what it said, to whom, why or why not, what the other side answered, and sending it again. */
import { post } from "../api.ts";
import { ago, exactTime, latency, span, time } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { eventName, whyChosen, whyOfMessage } from "../reasons.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import type { Notification } from "../types.ts";
import { announce } from "./announce.tsx";
import { Trouble } from "./page.tsx";
import { StateBadge } from "./state_badge.tsx";

interface MessageProps {
  message: Notification;
  onChange: (message: Notification) => void;
}

export function Message({ message, onChange }: MessageProps) {
  const { eventType, channelName, channelType, state, attempts, lastError } = message;
  const isToldByAttempt = attempts.at(-1)?.answer === lastError;
  return (
    <>
      <p class="message-head">
        <b>{eventName(eventType)}</b>
        <span>
          {channelName || channelType ? t("to {channel}", { channel: channelName }) : t("to nobody")} {channelType && <span class="type">{channelType}</span>}
        </span>
        <StateBadge state={state} />
      </p>
      {attempts.length === 0 ? (
        <p class="quiet">
          <Why message={message} />
        </p>
      ) : (
        <Attempts message={message} />
      )}
      <CarriedBy message={message} />
      {state === "dead" && lastError && !isToldByAttempt && <p class="result-error">{lastError}</p>}
      <SendAgain message={message} onChange={onChange} />
    </>
  );
}

/** From here on it is worth a word that a message took its time. */
const slowMs = 2_000;

function Why({ message }: { message: Notification }) {
  const now = useNow();
  const { state, reason, because, nextAttemptAt, createdAt, sentAt } = message;
  const tookMs = sentAt ? Date.parse(sentAt) - Date.parse(createdAt) : 0;
  return (
    <>
      {whyOfMessage(reason)} {because && because !== reason && `${whyChosen(because)} `}
      {tookMs >= slowMs && `${t("It arrived after {span}.", { span: span(tookMs) })} `}
      {state === "waiting" && nextAttemptAt && `${t("Next attempt {when}.", { when: Date.parse(nextAttemptAt) > now ? ago(nextAttemptAt, now) : t("now") })} `}
    </>
  );
}

function CarriedBy({ message: { groupedInto, id } }: { message: Notification }) {
  if (!groupedInto || groupedInto === id) return null;
  return (
    <p class="quiet">
      <a href={`/notifications?id=${groupedInto}`}>{t("The message that carried it")}</a>
    </p>
  );
}

function Attempts({ message }: { message: Notification }) {
  const now = useNow();
  const { attempts } = message;
  return (
    <details class="attempts-of">
      <summary>
        <Why message={message} />
        {attempts.length > 1 && `${plural(attempts.length, "{count} attempt, the last:", "{count} attempts, the last:")} `}
        <code>{attempts.at(-1)?.answer.slice(0, 80)}</code>
      </summary>
      <ol class="plain-list">
        {attempts.map((attempt) => (
          <li key={attempt.at}>
            <StateBadge state={attempt.ok ? "up" : "down"} label={attempt.ok ? t("delivered") : t("failed")} />{" "}
            <time class="number" dateTime={attempt.at} title={exactTime(attempt.at)}>
              {time(attempt.at, now)}
            </time>{" "}
            {t("after {span}", { span: latency(attempt.durationMs) })}: <code>{attempt.answer}</code>
          </li>
        ))}
      </ol>
    </details>
  );
}

function SendAgain({ message, onChange }: MessageProps) {
  const doing = useDoing();
  const mayEdit = useMayEdit();
  if (!mayEdit || (message.state !== "dead" && message.state !== "waiting")) return null;
  const send = () =>
    void doing.run(async () => {
      onChange(await sendAgain(message));
      announce(t("It is sent again now."));
    });
  return (
    <>
      <div class="actions below">
        <button type="button" class="small" disabled={doing.busy} aria-busy={doing.busy} onClick={send}>
          {doing.busy ? t("Sending…") : t("Send now")}
          <span class="hidden">
            {t(": {event} to {channel}", { event: eventName(message.eventType), channel: message.channelName })}
          </span>
        </button>
      </div>
      <Trouble problem={doing.problem} />
    </>
  );
}

/** Makes a dead or waiting one due now, with its schedule from the start. */
export const sendAgain = ({ id }: Notification) => post<Notification>(`/notifications/${id}/retry`);
