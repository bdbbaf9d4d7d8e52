/** A maintenance window as it is being typed, and the document it makes. */
import { draftOf, emptyDraft, type Draft, type Field } from "./fields.ts";
import { t } from "./i18n.ts";
import { matcherDraftOf, matcherOf, newMatcher, type MatcherDraft } from "./matcher_draft.ts";
import type { JsonObject, MaintenanceWindow } from "./types.ts";

export interface MaintenanceDraft {
  values: Draft;
  matchers: readonly MatcherDraft[];
  /** Chosen weekdays of a weekly window. */
  days: readonly string[];
}

export const weekdays = [
  ["MO", t("Monday")],
  ["TU", t("Tuesday")],
  ["WE", t("Wednesday")],
  ["TH", t("Thursday")],
  ["FR", t("Friday")],
  ["SA", t("Saturday")],
  ["SU", t("Sunday")],
] as const;

const kinds = [
  ["once", t("Once")],
  ["weekly", t("Every week")],
  ["monthly", t("Every month")],
  ["rrule", t("By a rule (RRULE)")],
  ["cron", t("By cron")],
] as const;
const nths = [
  ["1", t("first")],
  ["2", t("second")],
  ["3", t("third")],
  ["4", t("fourth")],
  ["-1", t("last")],
] as const;

const byRule = { pointer: "kind", is: ["weekly", "monthly", "rrule"] };
const monthly = { pointer: "kind", is: ["monthly"] };
const repeated = { pointer: "kind", is: ["weekly", "monthly", "rrule", "cron"] };
const once = { pointer: "kind", is: ["once"] };

export const aboutFields: readonly Field[] = [
  { pointer: "/name", label: t("Name"), kind: "text", required: true, placeholder: t("Database upgrade") },
  { pointer: "/enabled", label: t("In force"), kind: "flag", initial: true },
  { pointer: "/description", label: t("Description"), kind: "area", wide: true },
];

export const scheduleFields: readonly Field[] = [
  { pointer: "kind", label: t("How often"), kind: "choice", choices: kinds, initial: "once" },
  { pointer: "/schedule/start", label: t("From"), kind: "moment", when: once, hint: t("In the time of this browser") },
  { pointer: "/schedule/end", label: t("To"), kind: "moment", when: once },
  { pointer: "nth", label: t("On the"), kind: "choice", choices: nths, initial: "-1", when: monthly },
  { pointer: "day", label: t("Weekday"), kind: "choice", choices: weekdays, initial: "SU", when: monthly },
  { pointer: "/schedule/rrule", label: t("Rule"), kind: "text", placeholder: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", hint: t("As in calendars (RFC 5545): daily, weekly, monthly or yearly"), when: { pointer: "kind", is: ["rrule"] } },
  { pointer: "/schedule/dtstart", label: t("First at"), kind: "moment", when: byRule, hint: t("In the time zone below; no occurrence lies before it") },
  { pointer: "/schedule/cron", label: t("Cron expression"), kind: "text", placeholder: "30 2 * * SUN", hint: t("Minute, hour, day, month, weekday"), when: { pointer: "kind", is: ["cron"] } },
  { pointer: "/schedule/duration", label: t("For"), kind: "text", initial: "2h", placeholder: "2h", hint: t("Real time: two hours are two hours, also in the night in which clocks change"), when: repeated },
  { pointer: "/schedule/timezone", label: t("Time zone"), kind: "zone", placeholder: "Europe/Berlin", when: repeated },
];

export function newMaintenance(zone: string, now: Date): MaintenanceDraft {
  const begin = new Date(Math.ceil((now.getTime() + 60_000) / 3_600_000) * 3_600_000);
  const values = {
    ...emptyDraft([...aboutFields, ...scheduleFields]),
    "/schedule/start": localOf(begin),
    "/schedule/end": localOf(new Date(begin.getTime() + 7_200_000)),
    "/schedule/dtstart": localOf(begin),
    "/schedule/timezone": zone,
  };
  return { values, matchers: [newMatcher()], days: ["SU"] };
}

export function maintenanceDraftOf(window: MaintenanceWindow, zone: string, now: Date): MaintenanceDraft {
  const { schedule } = window;
  const fresh = newMaintenance(zone, now);
  const about = draftOf(aboutFields, window as unknown as JsonObject);
  const written = Object.fromEntries(Object.entries(schedule).filter(([, value]) => typeof value === "string").map(([name, value]) => [`/schedule/${name}`, value as string]));
  const { kind, days, nth, day } = builtFrom(schedule);
  const values = { ...fresh.values, ...about, ...written, kind, ...(nth && { nth, day }) };
  if (schedule.start && schedule.end) Object.assign(values, { "/schedule/start": localOf(new Date(schedule.start)), "/schedule/end": localOf(new Date(schedule.end)) });
  return { values, matchers: window.matchers.map(matcherDraftOf), days: days ?? fresh.days };
}

/** What the small builder can show; everything else is shown as the text it is. */
function builtFrom({ cron, rrule, start }: MaintenanceWindow["schedule"]): { kind: string; days?: string[]; nth?: string; day?: string } {
  if (start !== undefined) return { kind: "once" };
  if (cron !== undefined) return { kind: "cron" };
  const weekly = /^FREQ=WEEKLY;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)$/.exec(rrule ?? "");
  if (weekly) return { kind: "weekly", days: weekly[1]!.split(",") };
  const month = /^FREQ=MONTHLY;BYDAY=(1|2|3|4|-1)(MO|TU|WE|TH|FR|SA|SU)$/.exec(rrule ?? "");
  return month ? { kind: "monthly", nth: month[1]!, day: month[2]! } : { kind: "rrule" };
}

/** `exdates` are those of the window as it was read: no field shows them. */
export function maintenanceDocument({ values, matchers, days }: MaintenanceDraft, exdates?: readonly string[]): JsonObject {
  const said = (pointer: string) => String(values[pointer] ?? "").trim();
  return {
    name: said("/name"),
    description: String(values["/description"] ?? ""),
    enabled: values["/enabled"] === true,
    matchers: matchers.map((draft) => ({ ...matcherOf(draft) })),
    schedule: scheduleOf(said, days, exdates),
  };
}

function scheduleOf(said: (pointer: string) => string, days: readonly string[], exdates: readonly string[] | undefined): JsonObject {
  const kind = said("kind");
  if (kind === "once") return { start: instantOf(said("/schedule/start")), end: instantOf(said("/schedule/end")) };
  const repeats = { duration: said("/schedule/duration"), timezone: said("/schedule/timezone") };
  if (kind === "cron") return { cron: said("/schedule/cron"), ...repeats };
  const inOrder = weekdays.map(([day]) => day).filter((day) => days.includes(day));
  const rules: Record<string, string> = {
    weekly: `FREQ=WEEKLY;BYDAY=${inOrder.join(",")}`,
    monthly: `FREQ=MONTHLY;BYDAY=${said("nth")}${said("day")}`,
    rrule: said("/schedule/rrule"),
  };
  return { rrule: rules[kind] ?? "", dtstart: said("/schedule/dtstart"), ...repeats, ...(exdates && { exdates: [...exdates] }) };
}

/** What the server shall refuse stays as it was typed. */
export function instantOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** As a `datetime-local` input shows it. */
export function localOf(at: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
