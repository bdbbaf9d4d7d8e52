/** The first run by its schedule, as it comes in. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api.ts";
import { listen } from "../events.ts";
import { latency } from "../format.ts";
import { t } from "../i18n.ts";
import { StateBadge } from "../parts/state_badge.tsx";
import type { Check, List, Result } from "../types.ts";

export function FirstGreen({ check }: { check: Check }) {
  const [result, setResult] = useState<Result>();
  useEffect(() => {
    const stop = listen("result", (one) => one.checkId === check.id && setResult(one));
    // It may have run before anybody listened; without one yet, it is asked to run now.
    const look = async () => {
      const { items } = await get<List<Result>>(`/checks/${check.id}/results?limit=1`);
      if (items[0]) setResult((before) => before ?? items[0]);
      else await post(`/checks/${check.id}/run`);
    };
    look().catch(() => undefined);
    return stop;
  }, [check.id]);
  return (
    <>
      <p class="first-green" role="status">
        <StateBadge state={result?.status ?? "pending"} /> {result ? <b class="number">{latency(result.latencyMs)}</b> : <span class="quiet">{t("waiting for its first run…")}</span>}
      </p>
      <p class="quiet">{t("From now on it is asked every minute. Its page shows uptime, latency and every incident.")}</p>
      <div class="actions">
        <a class="button primary" href={`/checks/${check.id}`}>
          {t("To the check")}
        </a>
        <a class="button" href="/">
          {t("To all checks")}
        </a>
      </div>
    </>
  );
}
