/** Where messages go. */
import { useState } from "preact/hooks";
import { getAll, patch, post, remove } from "../api.ts";
import { latency } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { announce } from "../parts/announce.tsx";
import { ConfirmButton } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, Loading, Page, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { textOf } from "../pointer.ts";
import { useMayEdit } from "../rights.ts";
import type { Channel } from "../types.ts";

interface TestAnswer {
  ok: boolean;
  answer: string;
  latencyMs: number;
}

export function ChannelsPage() {
  const loaded = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const mayEdit = useMayEdit();
  const add = mayEdit && (
    <a class="button primary" href="/channels/new">
      <Icon name="plus" /> New channel
    </a>
  );
  return (
    <Page title="Channels" actions={add}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!loaded.data && loaded.loading && <Loading what="the channels" />}
      {loaded.data?.length === 0 && (
        <Empty title="Who should be told?">
          <p>A channel is a webhook, an e-mail address, a Slack or Telegram chat, or a phone. Every enabled channel hears of every incident, unless a check chooses its own.</p>
          <a class="button primary" href="/channels/new">
            Add the first channel
          </a>
        </Empty>
      )}
      {loaded.data && loaded.data.length > 0 && (
        <ul class="cards">
          {loaded.data.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} mayEdit={mayEdit} onChange={loaded.reload} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function ChannelRow({ channel, mayEdit, onChange }: { channel: Channel; mayEdit: boolean; onChange: () => void }) {
  const doing = useDoing();
  const [answer, setAnswer] = useState<TestAnswer>();
  const test = () => void doing.run(async () => setAnswer(await post<TestAnswer>(`/channels/${channel.id}/test`)));
  const toggle = () =>
    void doing.run(async () => {
      await patch(`/channels/${channel.id}`, channel.version, { enabled: !channel.enabled });
      onChange();
    });
  return (
    <li class={`channel edge-${channel.enabled ? "up" : "paused"}`}>
      <div class="grow">
        <a href={`/channels/${channel.id}`}>{channel.name}</a>
        <p class="quiet">
          <span class="type">{channel.type}</span> {whereTo(channel)}
          {!channel.enabled && " (off)"}
        </p>
        <div aria-live="polite">
          {answer && (
            <p class="answer">
              <StateBadge state={answer.ok ? "up" : "down"} label={answer.ok ? "delivered" : "not delivered"} /> after {latency(answer.latencyMs)}: <code>{answer.answer}</code>
            </p>
          )}
        </div>
        <Trouble problem={doing.problem} />
      </div>
      {mayEdit && (
        <div class="actions">
          <button type="button" disabled={doing.busy} onClick={test}>
            {doing.busy ? "Sending…" : "Send a test"}
          </button>
          <button type="button" disabled={doing.busy} onClick={toggle}>
            {channel.enabled ? "Turn off" : "Turn on"}
          </button>
          <ConfirmButton
            label="Delete"
            question={`Delete ${channel.name}?`}
            detail="Messages that still wait for it are not sent."
            action={async () => {
              await remove(`/channels/${channel.id}`);
              announce(`${channel.name} is deleted.`);
              onChange();
            }}
          />
        </div>
      )}
    </li>
  );
}

function whereTo({ settings }: Channel): string {
  const to = settings["url"] ?? settings["to"] ?? settings["chatId"];
  return Array.isArray(to) ? to.map(textOf).join(", ") : textOf(to);
}
