/** Who carries the messages: a list to search, in groups. */
import { useState } from "preact/hooks";
import { groupsOf } from "../channel_fields.ts";
import { t } from "../i18n.ts";
import type { ChannelProvider } from "../types.ts";

interface ProviderChoiceProps {
  providers: readonly ChannelProvider[];
  type: string;
  onChange: (type: string) => void;
}

export function ProviderChoice({ providers, type, onChange }: ProviderChoiceProps) {
  const [search, setSearch] = useState("");
  const groups = groupsOf(providers, search);
  return (
    <section class="providers" aria-label={t("Provider")}>
      <input
        type="search"
        aria-label={t("Search for a provider")}
        placeholder={t("Search: Discord, SMS, on call…")}
        value={search}
        spellcheck={false}
        onInput={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
      />
      <div aria-live="polite">{groups.length === 0 && <p class="quiet">{t("Nothing has this name. A webhook reaches whatever takes a request.")}</p>}</div>
      <div class="provider-list">
        {groups.map(([label, members]) => (
          <fieldset key={label} class="choice-cards">
            <legend>{label}</legend>
            {members.map((provider) => (
              <label key={provider.type} class="choice-card">
                <input type="radio" name="type" value={provider.type} checked={type === provider.type} onChange={() => onChange(provider.type)} />
                <b>{provider.title}</b>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </section>
  );
}
