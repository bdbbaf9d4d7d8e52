/** Who is told: of a check, by a route, or when nobody answers. */
import { getAll } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import type { Channel } from "../types.ts";
import { Errors } from "./field_input.tsx";

interface ChannelChoiceProps {
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

/** Every enabled channel, or only those chosen. */
export function ChannelChoice({ chosen, onChange }: ChannelChoiceProps) {
  const { data: channels = [] } = useLoad("channels", (signal) => getAll<Channel>("/channels", signal));
  const hint = chosen.length === 0 ? t("None chosen: every enabled channel is told.") : t("The others are not told about this check.");
  return <ChannelBoxes channels={channels} chosen={chosen} legend={t("Tell only these channels")} hint={hint} onChange={onChange} />;
}

interface ChannelBoxesProps extends ChannelChoiceProps {
  channels: readonly Channel[];
  legend: string;
  hint: string;
  messages?: readonly string[];
}

export function ChannelBoxes({ channels, chosen, legend, hint, messages = [], onChange }: ChannelBoxesProps) {
  const toggle = (id: string, on: boolean) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <fieldset class="field wide">
      <legend>{legend}</legend>
      <p class="hint">{hint}</p>
      {channels.map((channel) => (
        <label key={channel.id} class="check-line">
          <input type="checkbox" checked={chosen.includes(channel.id)} onChange={(event) => toggle(channel.id, event.currentTarget.checked)} />
          {channel.name} <span class="type">{channel.type}</span>
          {!channel.enabled && <span class="quiet">{t("(off)")}</span>}
        </label>
      ))}
      {channels.length === 0 && (
        <p class="quiet">
          {t("There is no channel yet.")} <a href="/channels/new">{t("Add one // a channel")}</a>
        </p>
      )}
      <Errors messages={messages} />
    </fieldset>
  );
}
