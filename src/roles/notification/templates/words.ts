/** Numbers, durations and times as a person of a language writes them. */
import { en } from "./locales/en.ts";
import type { Counted, Locale, Unit } from "./locales/locale.ts";
import { ru } from "./locales/ru.ts";

export const locales = { en, ru } satisfies Record<string, Locale>;
export type LocaleName = keyof typeof locales;

/** A channel stored before it had a language, or with one that we do not speak, is written to in English. */
export function localeName(value: unknown): LocaleName {
  return typeof value === "string" && Object.hasOwn(locales, value) ? (value as LocaleName) : "en";
}

export function filled(pattern: string, values: Record<string, string | number>): string {
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

const plurals = { en: new Intl.PluralRules("en"), ru: new Intl.PluralRules("ru") };

/** "1 check", "12 checks"; "1 проверка", "2 проверки", "5 проверок". */
export function counted(count: number, noun: Counted, locale: LocaleName): string {
  const forms = locales[locale].counted[noun];
  return `${count} ${forms[plurals[locale].select(count)] ?? forms.other}`;
}

const unitsMs: [Unit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** The two largest units: "3 min 20 s", "2 h", "1 d 4 h". */
export function durationText(ms: number, locale: LocaleName): string {
  const largest = unitsMs.findIndex(([, size]) => ms >= size);
  const first = largest === -1 ? unitsMs.length - 1 : largest;
  let rest = Math.max(0, ms);
  const parts: string[] = [];
  for (const [unit, size] of unitsMs.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${locales[locale].units[unit]}`);
  }
  return parts.length === 0 ? `0 ${locales[locale].units.second}` : parts.join(" ");
}

/** "2026-01-31 12:00:00 UTC"; empty for what is no time. A zone that is not known counts as UTC. */
export function timeText(value: unknown, zone = "UTC"): string {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) return "";
  try {
    const local = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(ms);
    return `${local} ${zone}`;
  } catch {
    return timeText(value);
  }
}
