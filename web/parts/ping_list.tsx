/** What the job of a heartbeat reported, newest first. */
import { useEffect } from "preact/hooks";
import { get } from "../api.ts";
import { listen } from "../events.ts";
import { exactTime, latency, time } from "../format.ts";
import { t } from "../i18n.ts";
import { useLoad, useRefresh } from "../load.ts";
import { LongText } from "../result/long_text.tsx";
import { useNow } from "../store.ts";
import type { List, Ping } from "../types.ts";
import { Card, Loading, Trouble } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";

const shown = 20;
/** A ping that changes nothing makes no event. */
const againMs = 10_000;

const kinds: Record<string, string> = { start: t("started // of a job"), success: t("success"), fail: t("failed // of a job"), log: t("note"), exit: t("ended // of a job") };

export function PingList({ checkId }: { checkId: string }) {
  const path = `/checks/${checkId}/pings?limit=${shown}`;
  const loaded = useLoad(path, (signal) => get<List<Ping>>(path, signal));
  const now = useNow();
  useRefresh(loaded.reload, againMs);
  useEffect(() => listen("result", (result) => result.checkId === checkId && loaded.reload()), [checkId]);
  const pings = loaded.data?.items;
  return (
    <Card title={t("Recent pings")}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!pings && loaded.loading && <Loading what={t("the pings")} />}
      {pings?.length === 0 && <p class="quiet">{t("None yet.")}</p>}
      {pings && pings.length > 0 && (
        <ScrollTable label={t("Recent pings")} tall columns={[t("Time"), t("What"), t("Ran for"), t("Said"), t("From // whom")]}>
          {pings.map((ping) => (
            <tr key={ping.number}>
              <td title={exactTime(ping.at)} class="number">
                {time(ping.at, now)}
              </td>
              <td class={isBad(ping) ? "nowrap tone-down" : "nowrap"}>
                {kinds[ping.kind] ?? ping.kind}
                {ping.exitCode !== null && ` ${t("with {code}", { code: String(ping.exitCode) })}`}
              </td>
              <td class="number">{ping.durationMs === null ? "" : latency(ping.durationMs)}</td>
              <td class="message">{ping.body !== "" && <LongText text={ping.body} limit={120} />}</td>
              <td>{ping.source}</td>
            </tr>
          ))}
        </ScrollTable>
      )}
    </Card>
  );
}

function isBad({ kind, exitCode }: Ping): boolean {
  return kind === "fail" || (exitCode ?? 0) !== 0;
}
