/** Where the time of one answer went. */
import { phaseShares } from "../chart.ts";
import { latency } from "../format.ts";
import type { Phases } from "../types.ts";

export function PhasesBar({ phases }: { phases: Phases }) {
  const parts = phaseShares(phases);
  if (parts.length === 0) return null;
  const label = parts.map(({ name, ms }) => `${name} ${latency(ms)}`).join(", ");
  return (
    <div class="phases">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={`phases: ${label}`}>
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
      </ul>
    </div>
  );
}
