/** Who is told about a check: every enabled channel, or only those chosen. */
import { getAll } from "../api.ts";
import { useLoad } from "../load.ts";
import type { Channel } from "../types.ts";

export function ChannelChoice({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: readonly string[]) => void }) {
  const { data: channels = [] } = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const toggle = (id: string, on: boolean) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <fieldset class="field wide">
      <legend>Tell only these channels</legend>
      <p class="hint">{chosen.length === 0 ? "None chosen: every enabled channel is told." : "The others are not told about this check."}</p>
      {channels.map((channel) => (
        <label key={channel.id} class="check-line">
          <input type="checkbox" checked={chosen.includes(channel.id)} onChange={(event) => toggle(channel.id, event.currentTarget.checked)} />
          {channel.name} <span class="type">{channel.type}</span>
        </label>
      ))}
      {channels.length === 0 && (
        <p class="quiet">
          There is no channel yet. <a href="/channels/new">Add one</a>.
        </p>
      )}
    </fieldset>
  );
}
