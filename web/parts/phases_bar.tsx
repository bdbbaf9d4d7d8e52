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
        {parts.map(({ name, from, share }, index) => (
          <rect key={name} class={`phase-${index + 1 + 5 - parts.length}`} x={from} width={share} height="8" />
        ))}
      </svg>
      <ul>
        {parts.map(({ name, ms }, index) => (
          <li key={name}>
            <span class={`dot phase-${index + 1 + 5 - parts.length}`} aria-hidden="true" />
            {name} <b>{latency(ms)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
