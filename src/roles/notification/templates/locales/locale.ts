/** What a language must say. Every language has the same keys, so a missing one fails to compile. */
export type Counted = "checks" | "incidents" | "failingRuns";
export type Unit = "day" | "hour" | "minute" | "second";
export type Label = "error" | "since" | "duration" | "downFor" | "resolved" | "acknowledged" | "severity" | "check" | "location" | "failingRuns" | "causes" | "state";

/** `{name}` is the check's, `{count}` a number with its noun, such as "3 checks". */
export interface Locale {
  titles: Record<TitleName, string>;
  labels: Record<Label, string>;
  buttons: Record<"incident" | "check" | "acknowledge", string>;
  severities: Record<"critical" | "major" | "warning" | "minor" | "info", string>;
  states: Record<"open" | "acknowledged" | "resolved", string>;
  /** By the plural categories of CLDR that the language has; `other` for all that are not named. */
  counted: Record<Counted, Plural>;
  /** Short forms, the same for every number. */
  units: Record<Unit, string>;
  someCheck: string;
  more: string;
  /** For pictures of latency, in words: `{runs}`, `{failed}`, `{fastest}`, `{slowest}`. */
  picture: string;
}

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export const titleNames = [
  "incident.opened",
  "incident.degraded",
  "incident.reopened",
  "incident.acknowledged",
  "incident.resolved",
  "incident.reminder",
  "incident.escalated",
  "incident.severity_raised",
  "incident.flapping",
  "incidents.grouped",
  "digest",
  "message",
  "test",
  "platform.notice",
] as const;

export type TitleName = (typeof titleNames)[number];
