/** What came of trying a check before it is saved. */
import { latency } from "../format.ts";
import type { Result } from "../types.ts";
import { ResultDetails } from "./result_details.tsx";
import { StateBadge } from "./state_badge.tsx";

export type Trial = { running: true } | { running: false; result: Result };

export function TestPanel({ trial }: { trial: Trial | undefined }) {
  return (
    <section class="card trial" aria-label="Test result" aria-live="polite" aria-busy={trial?.running === true}>
      {!trial && <p class="quiet">“Test now” runs this check once as it stands here, saved or not, and shows what it saw.</p>}
      {trial?.running && <p class="loading">Testing…</p>}
      {trial && !trial.running && (
        <>
          <p class="trial-head">
            <StateBadge state={trial.result.status} /> <b class="number">{latency(trial.result.latencyMs)}</b>
          </p>
          <ResultDetails result={trial.result} />
        </>
      )}
    </section>
  );
}
