/** Where messages go. */
import { useEffect, useState } from "preact/hooks";
import { get, getAll, patch, post, remove } from "../api.ts";
import { listen } from "../events.ts";
import { exactTime, happened } from "../format.ts";
import { t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { NewLink } from "../parts/new_link.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { TestAnswer } from "../parts/test_answer.tsx";
import { textOf } from "../pointer.ts";
import { eventName } from "../reasons.ts";
import { useMayEdit } from "../rights.ts";
import { useNow } from "../store.ts";
import { timeOf } from "../story.ts";
import type { Channel, ChannelTest, List, Notification } from "../types.ts";

export function ChannelsPage() {
  const loaded = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const mayEdit = useMayEdit();
  const newest = useNewestMessages();
  return (
    <Page title={t("Channels")} actions={<NewLink to="/channels/new" label={t("New channel")} />}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what={t("the channels")} />}
      {loaded.data?.length === 0 && (
        <Empty title={t("Who should be told?")}>
          <p>{t("A channel is a chat, an e-mail address, a phone, an on-call service or your own webhook. Every enabled channel hears of every incident, unless a check chooses its own.")}</p>
          {mayEdit && (
            <a class="button primary" href="/channels/new">
              {t("Add the first channel")}
            </a>
          )}
        </Empty>
      )}
      {loaded.data && loaded.data.length > 0 && (
        <ul class="cards">
          {loaded.data.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} newest={newest.get(channel.id)} mayEdit={mayEdit} onChange={loaded.reload} />
          ))}
        </ul>
      )}
    </Page>
  );
}

/** By channel: whether it works shows in what became of its last message. */
function useNewestMessages(): ReadonlyMap<string, Notification> {
  const loaded = useLoad("newest", (signal) => get<List<Notification>>("/notifications?limit=200", signal));
  useEffect(() => listen("notification", (message) => loaded.set((before) => before && { ...before, items: [message, ...before.items.filter(({ id }) => id !== message.id)] })), []);
  // Newest first: of several the first one counts.
  return new Map((loaded.data?.items ?? []).toReversed().map((message) => [message.channelId, message]));
}

interface RowProps {
  channel: Channel;
  newest: Notification | undefined;
  mayEdit: boolean;
  onChange: () => void;
}

function ChannelRow({ channel, newest, mayEdit, onChange }: RowProps) {
  const doing = useDoing();
  const [answer, setAnswer] = useState<ChannelTest>();
  const test = () => void doing.run(async () => setAnswer(await post<ChannelTest>(`/channels/${channel.id}/test`)));
  const toggle = () =>
    void doing.run(async () => {
      await patch(`/channels/${channel.id}`, channel.version, { enabled: !channel.enabled });
      onChange();
    });
  return (
    <li class={`channel edge-${!channel.enabled ? "paused" : newest?.state === "dead" ? "down" : "up"}`}>
      <div class="channel-state">
        <StateBadge state={channel.enabled ? "up" : "paused"} label={channel.enabled ? t("on") : t("off")} />
      </div>
      <div class="grow">
        <a href={`/channels/${channel.id}`}>{channel.name}</a>
        <p class="quiet">
          <span class="type">{channel.type}</span> {whereTo(channel)}
        </p>
        {newest && <LastMessage message={newest} />}
        <TestAnswer answer={answer} />
        <Trouble problem={doing.problem} />
      </div>
      {mayEdit && (
        <div class="actions">
          <button type="button" disabled={doing.busy} onClick={test}>
            {doing.busy ? t("Sending…") : t("Send a test")}
          </button>
          <button type="button" disabled={doing.busy} onClick={toggle}>
            {channel.enabled ? t("Turn off") : t("Turn on")}
          </button>
          <ConfirmButton
            label={t("Delete")}
            question={t("Delete {name}?", { name: channel.name })}
            detail={t("Messages that still wait for it are not sent.")}
            action={async () => {
              await remove(`/channels/${channel.id}`);
              announce(t("{name} is deleted.", { name: channel.name }));
              onChange();
            }}
          />
        </div>
      )}
    </li>
  );
}

function LastMessage({ message }: { message: Notification }) {
  const now = useNow();
  const at = timeOf(message);
  return (
    <p class="quiet">
      {t("Last message:")} <a href={`/notifications?channelId=${message.channelId}`}>{eventName(message.eventType)}</a> <StateBadge state={message.state} />{" "}
      <time dateTime={at} title={exactTime(at)}>
        {happened(at, now)}
      </time>
    </p>
  );
}

function whereTo({ settings }: Channel): string {
  const to = settings["url"] ?? settings["to"] ?? settings["chatId"];
  return Array.isArray(to) ? to.map(textOf).join(", ") : textOf(to);
}
