/** What is kept how long, by the setting that says so. */
import { kebab, variableOf, type ValuesOf } from "#kernel/settings";
import { gatewaySettings } from "./settings.ts";

export interface Kept {
  setting: string;
  /** The same in the environment. */
  variable: string;
  what: string;
  keptMs: number;
  /** As one writes it. */
  default: string;
  allowed: string;
}

const names = ["retentionResults", "retentionMinutes", "retentionHours", "retentionDays", "incidentRetention", "notificationRetention"] as const;

export function keptBy(settings: Pick<ValuesOf<typeof gatewaySettings>, (typeof names)[number]>): Kept[] {
  return names.map((name) => {
    const { help, allowed, default: fallback } = gatewaySettings[name];
    return { setting: kebab(name), variable: variableOf(name), what: help, keptMs: settings[name], default: fallback ?? "", allowed };
  });
}
