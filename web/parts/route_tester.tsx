/** Who would hear of an incident, and why: asked of the server, which decides the same way when it happens. */
import { useState } from "preact/hooks";
import type { RouteTrial } from "../alert_types.ts";
import { getAll, post } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { whyChosen } from "../reasons.ts";
import type { Check } from "../types.ts";
import { Card, Trouble } from "./page.tsx";

/** `round` changes when the routes do. */
export function RouteTester({ round }: { round: string }) {
  const [checkId, setCheckId] = useState("");
  const [severity, setSeverity] = useState("critical");
  const { data: checks = [] } = useLoad("checks", (signal) => getAll<Check>("/checks", signal));
  const asked = JSON.stringify({ ...(checkId && { checkId }), severity });
  const trial = useLoad(`${asked} ${round}`, () => post<RouteTrial>("/routes/test", JSON.parse(asked)));
  return (
    <Card title={t("Who would hear of…")}>
      <div class="fields">
        <div class="field">
          <label for="tried-check">{t("an incident of")}</label>
          <select id="tried-check" value={checkId} onChange={(event) => setCheckId(event.currentTarget.value)}>
            <option value="">{t("a check without tags")}</option>
            {checks
              .toSorted((a, b) => a.name.localeCompare(b.name))
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </select>
        </div>
        <div class="field">
          <label for="tried-severity">{t("that is")}</label>
          <select id="tried-severity" value={severity} onChange={(event) => setSeverity(event.currentTarget.value)}>
            <option value="critical">{t("critical")}</option>
            <option value="warning">{t("a warning")}</option>
          </select>
        </div>
      </div>
      <Trouble problem={trial.error} retry={trial.reload} />
      <div aria-live="polite">{trial.data && <Heard trial={trial.data} />}</div>
    </Card>
  );
}

function Heard({ trial: { channels } }: { trial: RouteTrial }) {
  if (channels.length === 0) return <p>{t("Nobody.")}</p>;
  return (
    <ul class="plain-list">
      {channels.map(({ id, name, because }, index) => (
        <li key={index}>
          <a href={`/channels/${id}`}>{name ?? id}</a> <span class="quiet">{whyChosen(because)}</span>
        </li>
      ))}
    </ul>
  );
}
