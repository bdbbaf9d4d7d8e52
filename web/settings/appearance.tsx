/** How the dashboard looks in this browser: nothing of it is sent anywhere. */
import { density, setDensity } from "../density.ts";
import { dates, language, languages, speak, t, type Language } from "../i18n.ts";
import { Card } from "../parts/page.tsx";
import { setShortcuts, shortcuts } from "../shortcuts.ts";
import { useCell, useNow } from "../store.ts";
import { setTheme, theme } from "../theme.ts";
import { shownZone, showZone } from "../zone.ts";
import { ChoiceRow } from "./choice_row.tsx";

const clock = dates({ weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

export function AppearanceSection() {
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Card title={t("This browser")}>
      <div class="fields single">
        <ChoiceRow
          legend={t("Theme")}
          name="theme"
          value={useCell(theme)}
          onChange={setTheme}
          choices={[
            ["auto", t("As the system")],
            ["light", t("Light")],
            ["dark", t("Dark")],
          ]}
        />
        <ChoiceRow
          legend={t("Density")}
          name="density"
          value={useCell(density)}
          onChange={setDensity}
          choices={[
            ["comfortable", t("Comfortable")],
            ["compact", t("Compact")],
          ]}
        />
        <ChoiceRow legend={t("Language")} name="language" value={language} onChange={speak} choices={Object.entries(languages) as [Language, string][]} />
        <ChoiceRow
          legend={t("Time zone")}
          name="zone"
          value={shownZone ?? "own"}
          onChange={(zone) => showZone(zone === "UTC" ? zone : undefined)}
          choices={[
            ["own", t("Mine ({zone})", { zone: ownZone })],
            ["UTC", "UTC"],
          ]}
          hint={t("Times are shown like this: {time}. Under the pointer stands UTC.", { time: clock.format(useNow()) })}
        />
        <fieldset class="choice-row">
          <legend>{t("Keyboard shortcuts")}</legend>
          <label class="check-line">
            <input type="checkbox" checked={useCell(shortcuts)} onChange={(event) => setShortcuts(event.currentTarget.checked)} />
            <span>{t("Single keys do things. Turn this off when your software types by itself.")}</span>
          </label>
          <Keys />
        </fieldset>
      </div>
    </Card>
  );
}

function Keys() {
  const keys: readonly (readonly [key: string, what: string])[] = [
    ["/", t("search")],
    ["n", t("new check")],
    ["a", t("acknowledge an incident")],
    ["c", t("comment on an incident")],
  ];
  return (
    <ul class="keys">
      {keys.map(([key, what]) => (
        <li key={key}>
          <kbd>{key}</kbd> {what}
        </li>
      ))}
    </ul>
  );
}
