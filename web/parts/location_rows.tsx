/** How a check is at each of its locations. */
import { exactTime, happened, latencyOf } from "../format.ts";
import { t } from "../i18n.ts";
import { useNow } from "../store.ts";
import type { LocationStatus } from "../types.ts";
import { Card } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";
import { StateBadge } from "./state_badge.tsx";

export function LocationRows({ locations, type }: { locations: readonly LocationStatus[]; type: string }) {
  return (
    <Card title={t("Locations")}>
      <ScrollTable label={t("Locations")} columns={[t("Location"), t("State"), t("Latency"), t("Last run"), t("What happened")]}>
        {locations.map((one) => (
          <Row key={one.location} at={one} type={type} />
        ))}
      </ScrollTable>
    </Card>
  );
}

function Row({ at: { location, state, since, lastResult }, type }: { at: LocationStatus; type: string }) {
  const now = useNow();
  return (
    <tr>
      <td>{location}</td>
      <td title={since ? t("since {time}", { time: exactTime(since) }) : undefined}>
        <StateBadge state={state} />
      </td>
      <td class="number">{lastResult ? latencyOf(type, lastResult.latencyMs) : "–"}</td>
      <td title={exactTime(lastResult?.finishedAt)}>{lastResult ? happened(lastResult.finishedAt, now) : t("none yet")}</td>
      <td class="message">
        {lastResult?.error && (
          <>
            <code>{lastResult.error.kind}</code> {lastResult.error.message}
          </>
        )}
      </td>
    </tr>
  );
}
