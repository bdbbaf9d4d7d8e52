/** What an API key may be narrowed to, in words; writing includes reading. */
import { t } from "../i18n.ts";

export const scopeNames: readonly (readonly [noun: string, label: string])[] = [
  ["checks", t("Checks")],
  ["schedules", t("Schedules")],
  ["incidents", t("Incidents")],
  ["channels", t("Channels")],
  ["routes", t("Routes")],
  ["silences", t("Silences")],
  ["maintenance", t("Maintenance")],
  ["notifications", t("Messages")],
  ["status_pages", t("Status pages")],
  ["events", t("Live events")],
  ["probe", t("Probe for Prometheus")],
  ["forge", t("Forge")],
  ["members", t("Members")],
  ["tenants", t("Teams")],
  ["account", t("Account")],
  ["api_keys", t("API keys")],
  ["audit", t("Audit log")],
  ["dead_letters", t("Dead letters")],
  ["system", t("System")],
];

export type Reach = "" | "read" | "write";

export function scopesOf(reaches: Readonly<Record<string, Reach>>): string[] {
  return Object.entries(reaches).flatMap(([noun, reach]) => (reach === "" ? [] : [`${noun}:${reach}`]));
}
