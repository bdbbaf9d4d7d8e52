/** Why a check is in its state, in words. */
import { t } from "./i18n.ts";
import { whyDecided } from "./reasons.ts";
import type { Check, CheckStatus, Incident, State } from "./types.ts";

export interface Known {
  check: Pick<Check, "type" | "locations">;
  state: State;
  status: Pick<CheckStatus, "flapping" | "locationsDown" | "lastResult"> | undefined;
  /** The one that is open, with its timeline. */
  incident: Incident | undefined;
}

export function reasonOf({ check, state, status, incident }: Known): string {
  if (state === "paused") return t("Somebody paused it: it does not run, and nobody is told of anything.");
  if (state === "maintenance") return t("A maintenance window covers it: failing runs do not count, and nobody is told.");
  if (state === "pending") return check.type === "heartbeat" ? t("Nothing was reported yet; it begins with the first success.") : t("It has not run yet.");
  const error = status?.lastResult?.error?.message ?? "";
  if (state === "unknown") return error ? t("The last run could not observe anything: {why}.", { why: withoutStop(error) }) : t("The last run could not observe anything.");
  const down = status?.locationsDown ?? [];
  const more = [down.length > 0 && check.locations.length > 1 && t("Down from {places}.", { places: down.join(", ") }), status?.flapping && t("Its state changes too often; it is told once, not each time.")];
  return [main(state, error, incident), ...more].filter(Boolean).join(" ");
}

function main(state: State, error: string, incident: Incident | undefined): string {
  const decided = whyOpened(incident);
  if (state === "up") return incident ? t("The last run was good; the incident ends once enough of them were.") : error ? t("The last run failed, but not often enough in a row to be called down: {why}.", { why: withoutStop(error) }) : t("The last run was good, and everything that must hold holds.");
  if (state === "degraded") return [t("It answers, but not as it should: {why}.", { why: withoutStop(error || t("see the last result")) }), decided].join(" ").trimEnd();
  // A good run has come since, and one does not make it up.
  if (error === "") return [t("The last run was good, but not often enough in a row to be believed."), decided].join(" ").trimEnd();
  return [t("The last run failed: {why}.", { why: withoutStop(error) }), decided].join(" ").trimEnd();
}

/** The newest decision that made or kept the incident what it is. */
function whyOpened(incident: Incident | undefined): string {
  const entry = incident?.timeline?.findLast(({ type, reason }) => (type === "opened" || type === "reopened") && reason);
  return entry?.reason ? whyDecided(entry.reason) : "";
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}
