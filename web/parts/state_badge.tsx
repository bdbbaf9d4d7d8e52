/** A state as sign and word; the colour only underlines it. */
import { words } from "../format.ts";
import { t } from "../i18n.ts";
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
  held: "pending",
  skipped: "paused",
  missed: "unknown",
};

const names: Record<string, string> = {
  up: t("up"),
  down: t("down"),
  degraded: t("degraded"),
  unknown: t("unknown"),
  pending: t("pending"),
  paused: t("paused"),
  maintenance: t("maintenance"),
  open: t("open"),
  acknowledged: t("acknowledged"),
  resolved: t("resolved"),
  critical: t("critical"),
  warning: t("warning"),
  sent: t("sent"),
  dead: t("dead"),
  waiting: t("waiting"),
  sending: t("sending"),
  held: t("held"),
  skipped: t("skipped"),
  missed: t("missed"),
};

/** A state in one word of the reader's language. */
export function stateName(state: string): string {
  return names[state] ?? words(state);
}

export function StateBadge({ state, label }: { state: string; label?: string }) {
  const sign = signs[state] ?? state;
  return (
    <span class={`state tone-${sign}`}>
      <Icon name={sign} />
      <span>{label ?? stateName(state)}</span>
    </span>
  );
}
