/** A state as sign and word; the colour only underlines it. */
import { words } from "../format.ts";
import { Icon } from "./icon.tsx";

const signs: Record<string, string> = {
  open: "down",
  acknowledged: "degraded",
  resolved: "up",
  critical: "down",
  warning: "degraded",
  sent: "up",
  dead: "down",
  waiting: "pending",
  sending: "pending",
  skipped: "paused",
  missed: "unknown",
};

export function StateBadge({ state, label }: { state: string; label?: string }) {
  const sign = signs[state] ?? state;
  return (
    <span class={`state tone-${sign}`}>
      <Icon name={sign} />
      <span>{label ?? words(state)}</span>
    </span>
  );
}
