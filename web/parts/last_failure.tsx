/** The newest failing result of an incident, or of a check, with all that it saw. */
import { get, query } from "../api.ts";
import { exactTime, time } from "../format.ts";
import { t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { ResultDetails } from "../result/result_details.tsx";
import { useNow } from "../store.ts";
import type { History, Incident, Result } from "../types.ts";
import { Card } from "./page.tsx";
import { StateBadge } from "./state_badge.tsx";

/** Read again with every failing run that the incident took in. */
export function LastFailure({ incident }: { incident: Incident }) {
  const { checkId, startedAt, endedAt, occurrences } = incident;
  return <LastFailingRun title={t("Last failing run")} checkId={checkId} from={startedAt} to={endedAt} round={`${incident.id} ${occurrences}`} />;
}

/** `newest` is that result of the check which failed last as far as is known here; "" while it is well. */
export function LastFailureOfCheck({ checkId, newest }: { checkId: string; newest: string }) {
  return <LastFailingRun title={t("Last failure")} checkId={checkId} from="" to="" round={newest} />;
}

interface LastFailingRunProps {
  title: string;
  checkId: string;
  from: string;
  to: string | null;
  /** Another one asks again. */
  round: string;
}

function LastFailingRun({ title, checkId, from, to, round }: LastFailingRunProps) {
  const now = useNow();
  const loaded = useLoad(`${checkId} ${from} ${round}`, async (signal) => ({ result: await lastFailing(checkId, { from, to }, signal) }));
  const result = loaded.data?.result;
  // Results are kept for a shorter time than incidents: then there is nothing to show, and nothing to complain of.
  if (!result) return null;
  return (
    <Card
      title={title}
      aside={
        <span class="quiet" title={exactTime(result.startedAt)}>
          <StateBadge state={result.status} /> {t("at {time}", { time: time(result.startedAt, now) })}
        </span>
      }
    >
      <ResultDetails result={result} />
    </Card>
  );
}

async function lastFailing(checkId: string, range: { from: string; to: string | null }, signal: AbortSignal): Promise<Result | undefined> {
  for (const status of ["down", "degraded"]) {
    const page = await get<History>(`/checks/${checkId}/results${query({ status, ...range, limit: 1 })}`, signal);
    if (page.items[0]) return page.items[0];
  }
  return undefined;
}
