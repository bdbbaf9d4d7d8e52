/** Messages that were given up, by channel: once the receiver is well again, all of them are sent in their order. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.ts";
import { listen } from "../events.ts";
import { happened } from "../format.ts";
import { plural, rich, t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { deadByChannel, type DeadOfChannel } from "../message_list.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import { timeOf } from "../story.ts";
import type { List, Notification } from "../types.ts";
import { announce } from "./announce.tsx";
import { sendAgain } from "./message.tsx";
import { Trouble } from "./page.tsx";
import { StateBadge } from "./state_badge.tsx";

interface DeadMessagesProps {
  onShow: (channelId: string) => void;
  onChange: (message: Notification) => void;
}

/** Nothing at all when nothing is dead. One round shows and sends the newest 200. */
export function DeadMessages({ onShow, onChange }: DeadMessagesProps) {
  const loaded = useLoad("dead", (signal) => get<List<Notification>>("/notifications?state=dead&limit=200", signal));
  useEffect(() => {
    const put = (message: Notification) =>
      loaded.set((before) => before && { ...before, items: [...(message.state === "dead" ? [message] : []), ...before.items.filter(({ id }) => id !== message.id)] });
    const stops = [listen("notification", put), listen("resumed", loaded.reload)];
    return () => stops.forEach((stop) => stop());
  }, []);
  const groups = deadByChannel(loaded.data?.items ?? []);
  if (groups.length === 0) return null;
  return (
    <section class="notice bad dead" aria-label={t("Given up")}>
      <ul class="plain-list">
        {groups.map((group) => (
          <DeadChannel key={group.channelId} group={group} onShow={onShow} onChange={onChange} />
        ))}
      </ul>
    </section>
  );
}

function DeadChannel({ group, onShow, onChange }: DeadMessagesProps & { group: DeadOfChannel }) {
  const now = useNow();
  const doing = useDoing();
  const mayEdit = useMayEdit();
  const [done, setDone] = useState(0);
  const { messages, channelName, channelId } = group;
  const sendAll = () =>
    void doing.run(async () => {
      setDone(0);
      for (const message of messages) {
        onChange(await sendAgain(message));
        setDone((before) => before + 1);
      }
      announce(plural(messages.length, "{count} message to {channel} sent again.", "{count} messages to {channel} sent again.", { channel: channelName }));
    });
  return (
    <li>
      <div class="dead-channel">
        <span class="grow">
          {rich("{messages} to {channel} given up, the last one {ago}", {
            messages: <StateBadge key="messages" state="dead" label={plural(messages.length, "{count} message", "{count} messages")} />,
            channel: <b key="channel">{channelName}</b>,
            ago: happened(timeOf(messages.at(-1)!), now),
          })}
        </span>
        <button type="button" class="small" onClick={() => onShow(channelId)}>
          {t("Show")}
          <span class="hidden"> {t("those to {channel}", { channel: channelName })}</span>
        </button>
        {mayEdit && (
          <button type="button" class="small" disabled={doing.busy} aria-busy={doing.busy} onClick={sendAll}>
            {doing.busy ? t("Sending, {done} done…", { done }) : t("Send all again")}
            <span class="hidden"> {t("to {channel}", { channel: channelName })}</span>
          </button>
        )}
      </div>
      <Trouble problem={doing.problem} />
    </li>
  );
}
