/** What a person needs of one message, in their language and before any notation: what, why, since when, how bad, where to click. */
import type { EventData } from "../event_data.ts";
import type { Label, TitleName } from "./locales/locale.ts";
import { counted, durationText, filled, type LocaleName, locales, timeText } from "./words.ts";

/** A message, or what stands for one in a preview. */
export interface Told {
  type: string;
  atMs: number;
  data: EventData;
}

export interface Wording {
  locale: LocaleName;
  /** IANA name of the time zone; UTC without one. */
  zone?: string | undefined;
}

export interface Report {
  title: string;
  /** What a person wrote, for messages that are about no incident. */
  text: string;
  facts: { label: string; value: string }[];
  /** The incidents of a grouped message. */
  items: { title: string; detail: string }[];
  links: { name: "incident" | "check" | "acknowledge"; label: string; url: string }[];
}

const mostItems = 50;
const mostCauses = 3;
const longestValue = 300;

export function reportOf(told: Told, wording: Wording): Report {
  const { data } = told;
  return {
    title: titleOf(told, wording.locale),
    text: data.message?.text ?? "",
    facts: data.message || data.group ? [] : factsOf(told, wording),
    items: itemsOf(data, wording),
    links: linksOf(data, wording.locale),
  };
}

/** One line that says what happened: a subject, a push title, a whole SMS. */
export function titleOf({ type, data }: Told, locale: LocaleName): string {
  if (data.message) return data.message.subject;
  const words = locales[locale];
  const degraded = data.incident?.severity === "warning" && type === "incident.opened";
  const name = degraded ? "incident.degraded" : type;
  const pattern = Object.hasOwn(words.titles, name) ? words.titles[name as TitleName] : `{name} ${type}`;
  return filled(pattern, {
    name: data.check?.name ?? data.incident?.checkName ?? words.someCheck,
    severity: severityText(data.incident?.severity, locale),
    count: counted(data.group?.count ?? 0, type === "digest" ? "incidents" : "checks", locale),
  });
}

/** The report as lines, without its title and links. */
export function linesOf({ text, facts, items }: Report): string[] {
  return [
    ...(text === "" ? [] : [text]),
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...items.map(({ title, detail }) => (detail === "" ? `- ${title}` : `- ${title} (${detail})`)),
  ];
}

function factsOf({ atMs, data }: Told, { locale, zone }: Wording): Report["facts"] {
  const { incident } = data;
  if (!incident) return [];
  const words = locales[locale];
  const result = data.result ?? {};
  const causes = (incident["causes"] as { message?: string }[] | undefined) ?? [];
  const error = (result["error"] as { message?: string } | null | undefined)?.message ?? causes.at(-1)?.message ?? "";
  const others = causes.map((cause) => cause.message ?? "").filter((message) => message !== error);
  const target = (data.check?.["target"] as { url?: string } | undefined)?.url ?? "";
  const startedMs = timeOf(incident["startedAt"]);
  const endedMs = timeOf(incident["endedAt"] ?? incident["resolvedAt"]);
  const runs = Number(incident["occurrences"] ?? 0);
  const all: [Label, string][] = [
    ["error", error],
    ["since", timeText(incident["startedAt"], zone)],
    Number.isNaN(endedMs) ? ["duration", span(startedMs, atMs, locale)] : ["downFor", span(startedMs, endedMs, locale)],
    ["resolved", timeText(incident["resolvedAt"], zone)],
    ["severity", severityText(incident.severity, locale)],
    ["check", [data.check?.name ?? incident.checkName, target].filter((part) => part !== "").join(" · ")],
    ["location", locationText(incident["locationsDown"] as string[] | undefined, result["location"])],
    ["failingRuns", runs > 0 ? counted(runs, "failingRuns", locale) : ""],
    ["causes", others.slice(-mostCauses).join("; ")],
  ];
  return all.filter(([, value]) => value !== "").map(([label, value]) => ({ label: words.labels[label], value: cut(value) }));
}

/** Of a check at several locations those that see it down; at one, only what is not home is worth saying. */
function locationText(down: readonly string[] | undefined, location: unknown): string {
  if (down) return down.join(", ");
  return location === "default" ? "" : textOf(location);
}

function itemsOf({ group }: EventData, { locale, zone }: Wording): Report["items"] {
  if (!group) return [];
  const shown = group.items.slice(0, mostItems).map((item) => ({
    title: item.title,
    detail: [item.state === "resolved" ? "" : item.reason.slice(0, longestValue), severityText(item.severity, locale), timeText(item.startedAt, zone)].filter((part) => part !== "").join(", "),
  }));
  const hidden = Math.max(group.count, group.items.length) - shown.length;
  return hidden > 0 ? [...shown, { title: filled(locales[locale].more, { count: hidden }), detail: "" }] : shown;
}

function linksOf({ links }: EventData, locale: LocaleName): Report["links"] {
  const names = ["incident", "acknowledge"] as const;
  return names.flatMap((name) => {
    const url = links?.[name];
    // Anything else in a link of a mail would run in the reader's client.
    return typeof url === "string" && /^https?:\/\//.test(url) ? [{ name, label: locales[locale].buttons[name], url }] : [];
  });
}

function severityText(severity: string | undefined, locale: LocaleName): string {
  const { severities } = locales[locale];
  return severity !== undefined && Object.hasOwn(severities, severity) ? severities[severity as keyof typeof severities] : (severity ?? "");
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const timeOf = (value: unknown): number => Date.parse(textOf(value));
const span = (fromMs: number, toMs: number, locale: LocaleName): string => (toMs - fromMs >= 1_000 ? durationText(toMs - fromMs, locale) : "");
const cut = (text: string): string => (text.length > longestValue ? `${text.slice(0, longestValue - 1).toWellFormed()}…` : text);
