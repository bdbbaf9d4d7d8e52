/** Where the time of one answer went; what the probe itself and the network added stands apart. */
import { phaseShares } from "../chart.ts";
import { latency } from "../format.ts";
import { t } from "../i18n.ts";
import { Icon } from "../parts/icon.tsx";
import type { Phases } from "../types.ts";

/** Less than this is no figure any more. */
const shownFromMs = 0.005;

export function PhasesBar({ phases, probeLagMs = 0 }: { phases: Phases; probeLagMs?: number | undefined }) {
  const parts = phaseShares(phases);
  if (parts.length === 0) return null;
  const label = parts.map(({ name, ms }) => `${name} ${latency(ms)}`).join(", ");
  return (
    <div class="phases">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={t("phases: {list}", { list: label })}>
        {parts.map(({ key, from, share }) => (
          <rect key={key} class={`phase-${key}`} x={from} width={share} height="8" />
        ))}
      </svg>
      <ul>
        {parts.map(({ key, name, ms }) => (
          <li key={key}>
            <span class={`dot phase-${key}`} aria-hidden="true" />
            {name} <b>{latency(ms)}</b>
          </li>
        ))}
        {probeLagMs >= shownFromMs && (
          <li class="quiet">
            <span class="dot own" aria-hidden="true" />
            {t("UptimePing's own {latency}, not counted", { latency: latency(probeLagMs) })}
          </li>
        )}
      </ul>
    </div>
  );
}

/** What stood in the way that was not the target. */
export function OtherCauses({ ownStallMs, lostSyns = 0 }: { ownStallMs: number; lostSyns?: number | undefined }) {
  const notes = [
    ownStallMs > 0 && t("UptimePing itself stood still for {latency} meanwhile: this result says more about its own machine than about the target.", { latency: latency(ownStallMs) }),
    lostSyns > 0 && lostConnects(lostSyns),
  ].filter((note) => note !== false);
  return notes.map((note) => (
    <p key={note} class="cause">
      <Icon name="degraded" /> {note}
    </p>
  ));
}

function lostConnects(lost: number): string {
  if (lost === 1) return t("The network lost one request to connect. Waiting to send it again made the connection slow, not the server.");
  if (lost === 2) return t("The network lost two requests to connect. Waiting to send them again made the connection slow, not the server.");
  return t("The network lost three or more requests to connect. Waiting to send them again made the connection slow, not the server.");
}
