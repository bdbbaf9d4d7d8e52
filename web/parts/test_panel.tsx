/** What came of trying a check before it is saved, and how the tries before it went. */
import { useEffect, useRef } from "preact/hooks";
import { exactTime, latency } from "../format.ts";
import { dates, t } from "../i18n.ts";
import { ResultDetails } from "../result/result_details.tsx";
import type { Result } from "../types.ts";
import { Icon } from "./icon.tsx";
import { StateBadge } from "./state_badge.tsx";

export interface Trials {
  running: boolean;
  /** Newest first. */
  results: readonly Result[];
  /** The document that the newest was made of, as text. */
  of: string;
}

export const noTrials: Trials = { running: false, results: [], of: "" };
const mostKept = 5;

export function withResult(trials: Trials, result: Result, of: string): Trials {
  return { running: false, results: [result, ...trials.results].slice(0, mostKept), of };
}

const clock = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function TestPanel({ trials, now }: { trials: Trials; now: string }) {
  const [newest, ...before] = trials.results;
  const panel = useRef<HTMLElement>(null);
  // On a phone it stands below the form, out of sight of who pressed the button.
  useEffect(() => {
    if (newest) panel.current?.scrollIntoView({ block: "nearest" });
  }, [newest]);
  const outdated = newest !== undefined && now !== trials.of;
  return (
    <section ref={panel} class="card trial" aria-label={t("Test result")} aria-busy={trials.running}>
      {!newest && !trials.running && <p class="quiet">{t("“Test now” runs this check once as it stands here, saved or not, and shows what it saw.")}</p>}
      {/* Only the outcome is read out; whoever listens finds the rest below it. */}
      <div aria-live="polite">
        {trials.running && <p class="loading">{t("Testing…")}</p>}
        {newest && !trials.running && (
          <p class={`trial-head trial-${newest.status}`}>
            <StateBadge state={newest.status} /> <b class="number">{latency(newest.latencyMs)}</b>
          </p>
        )}
      </div>
      {outdated && !trials.running && (
        <p class="cause">
          <Icon name="degraded" /> {t("The form has changed since: test again to see what holds now.")}
        </p>
      )}
      {newest && !trials.running && <ResultDetails result={newest} />}
      {before.length > 0 && (
        <div class="trials-before">
          <h3>{t("Tests before this one")}</h3>
          <ul>
            {before.map((result) => (
              <li key={result.id}>
                <StateBadge state={result.status} /> <b class="number">{latency(result.latencyMs)}</b> <time class="quiet" dateTime={result.startedAt} title={exactTime(result.startedAt)}>{clock.format(Date.parse(result.startedAt))}</time>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
