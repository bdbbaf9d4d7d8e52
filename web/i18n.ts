/**
 * The language of the dashboard: English stands in the code, Russian in `locales/ru.ts` under the English text.
 * The texts are there before any other module runs (a top-level await), so `t()` may stand outside of components too;
 * who reads English never waits and fetches nothing. Another language is a fresh page: nothing here changes while it is shown.
 */

import { shownZone } from "./zone.ts";

const key = "uptimeping.language";
export const languages = { en: "English", ru: "Русский" } as const;
export type Language = keyof typeof languages;
/** A text, or its forms for 1, 2 and 5 (Intl: one, few, many; a fraction takes the second). */
export type Texts = Readonly<Record<string, string | readonly [one: string, few: string, many: string]>>;
type Value = string | number;

const page = typeof document === "undefined" ? undefined : document;

export const language: Language = page ? preferred() : "en";
let texts: Texts = language === "ru" ? await russian() : {};
let rules = new Intl.PluralRules(language);

/** For `Intl`: English dates and numbers are British ones, day before month. */
let locale = { en: "en-GB", ru: "ru" }[language];

if (page) page.documentElement.lang = language;

/**
 * The text in the language of the reader, `{name}` replaced by its parameter; a number is written with its thousands apart.
 * Where one English text needs two Russian ones, what it means follows after " // " and is not shown: t("Open // of an incident").
 */
export function t(english: string, values?: Readonly<Record<string, Value>>): string {
  const found = texts[english];
  return filled(typeof found === "string" ? found : withoutMeaning(english), values);
}

/** A text by a number: plural(3, "{count} check", "{count} checks"). The Russian forms stand under the second text. */
export function plural(count: number, one: string, many: string, values?: Readonly<Record<string, Value>>): string {
  const found = texts[many];
  const text = Array.isArray(found) ? (found as readonly string[])[form(count)]! : withoutMeaning(count === 1 ? one : many);
  return filled(text, { count, ...values });
}

/** A text with elements within: rich("Sent to {who}.", { who: <b>Ann</b> }) gives the pieces in the order of the language. */
export function rich<T>(english: string, parts: Readonly<Record<string, T>>): (T | string)[] {
  return t(english)
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== "")
    .map((piece) => parts[/^\{(\w+)\}$/.exec(piece)?.[1] ?? ""] ?? piece);
}

export function number(value: number, digits?: number): string {
  const id = `${locale} ${digits}`;
  let writer = writers.get(id);
  // Making one is dear, and a list of a thousand checks writes thousands of numbers.
  if (!writer) writers.set(id, (writer = new Intl.NumberFormat(locale, digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits })));
  return writer.format(value);
}

const writers = new Map<string, Intl.NumberFormat>();

/** A writer of dates in the language of the reader; make it once, it is dear. */
export function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { ...(shownZone && { timeZone: shownZone }), ...options });
}

/** "a, b and c". */
export function listed(items: readonly string[], type: Intl.ListFormatType = "conjunction"): string {
  return new Intl.ListFormat(locale, { type }).format(items);
}

/** Remembered in this browser; the page is asked for anew. */
export function speak(next: Language): void {
  localStorage.setItem(key, next);
  location.reload();
}

/** For tests, which have no page: from here on the texts are these. */
export function speakHere(next: Language, given: Texts = {}): void {
  [texts, rules, locale] = [given, new Intl.PluralRules(next), next === "en" ? "en-GB" : next];
}

function form(count: number): 0 | 1 | 2 {
  const name = rules.select(count);
  return name === "one" ? 0 : name === "few" || name === "other" ? 1 : 2;
}

function filled(text: string, values: Readonly<Record<string, Value>> | undefined): string {
  return values ? text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => shown(values[name]) ?? whole) : text;
}

function shown(value: Value | undefined): string | undefined {
  return typeof value === "number" ? number(value) : value;
}

function withoutMeaning(english: string): string {
  return english.split(" // ", 1)[0]!;
}

/** The choice made here, else the first of the browser's languages that there is. */
function preferred(): Language {
  const known = (name: string | null): name is Language => name !== null && Object.hasOwn(languages, name);
  const chosen = localStorage.getItem(key);
  if (known(chosen)) return chosen;
  return navigator.languages.map((name) => name.split("-", 1)[0]!).find(known) ?? "en";
}

async function russian(): Promise<Texts> {
  // Without its texts the dashboard is an English one, not a blank page.
  return import("./locales/ru.ts").then(({ ru }) => ru, () => ({}));
}
