/** Each echo as a bar: how long it took, or that it never came. */
import { latency } from "../format.ts";
import { t } from "../i18n.ts";
import type { Json } from "../types.ts";

export function RoundTrips({ times }: { times: readonly Json[] }) {
  const all = times.slice(0, 20).map((ms) => (typeof ms === "number" ? ms : null));
  const longest = Math.max(0.001, ...all.map((ms) => ms ?? 0));
  return (
    <section class="round-trips" aria-label={t("Round trips")}>
      <h3>{t("Round trips")}</h3>
      <ol>
        {all.map((ms, index) => (
          <li key={index}>
            <span class="quiet number">{index + 1}</span>
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
              {ms !== null && <rect class="fill-up" width={Math.max(1, (ms / longest) * 100)} height="6" />}
            </svg>
            {ms === null ? <b class="tone-down">{t("lost")}</b> : <b class="number">{latency(ms)}</b>}
          </li>
        ))}
      </ol>
    </section>
  );
}
