/** What is kept how long. The settings of the process say so; here one reads them and how to change them. */
import { get } from "../api.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { CopyLine } from "../parts/copy.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import type { List } from "../types.ts";
import { keptFor } from "./kept_for.ts";

interface Kept {
  setting: string;
  variable: string;
  what: string;
  keptMs: number;
  default: string;
  allowed: string;
}

const names: Record<string, readonly [what: string, why: string]> = {
  "retention-results": [t("Single results"), t("Each run with its phases and what it saw: the newest part of every chart.")],
  "retention-minutes": [t("Counts by the minute"), t("For exact uptime at the ends of a window.")],
  "retention-hours": [t("Counts by the hour"), t("For charts of weeks and months.")],
  "retention-days": [t("Counts by the day"), t("For charts and uptime of years.")],
  "incident-retention": [t("Resolved incidents"), t("With their story; open ones stay.")],
  "notification-retention": [t("Sent messages"), t("What was said to whom, and with what answer.")],
};

export function RetentionSection() {
  const loaded = useLoad("retention", (signal) => get<List<Kept>>("/retention", signal));
  const items = loaded.data?.items;
  return (
    <>
      <Card title={t("What is kept")}>
        <Trouble problem={loaded.error} retry={loaded.reload} />
        {!items && loaded.loading && <Loading what={t("the settings")} />}
        {items && (
          <ScrollTable label={t("Retention")} columns={[t("What"), t("Kept for"), t("Default // of a setting"), t("Setting")]}>
            {items.map((kept) => (
              <tr key={kept.setting}>
                <th scope="row" class="message">
                  <b>{names[kept.setting]?.[0] ?? kept.setting}</b>
                  <div class="quiet">{names[kept.setting]?.[1] ?? kept.what}</div>
                </th>
                <td class="nowrap">
                  <b>{keptFor(kept.keptMs)}</b>
                </td>
                <td class="nowrap quiet">{kept.default}</td>
                <td class="nowrap">
                  <code>{kept.setting}</code>
                </td>
              </tr>
            ))}
          </ScrollTable>
        )}
        <p class="quiet">{t("The audit log is never shortened: a chain that lost its beginning would prove nothing.")}</p>
      </Card>
      {items?.[0] && (
        <Card title={t("How to change it")}>
          <p>{t("These are settings of the process: set one in any of three ways and start it anew. What is too old then goes by itself, in small portions.")}</p>
          <CopyLine label={t("In the settings file")} text={`${items[0].setting}: ${items[0].default}`} />
          <CopyLine label={t("In the environment")} text={`${items[0].variable}=${items[0].default}`} />
          <CopyLine label={t("On the command line")} text={`--${items[0].setting}=${items[0].default}`} />
        </Card>
      )}
    </>
  );
}
