/** Which text a message is made from: the channel's own template, else the tenant's, else the shipped one. */
import type { StoredTemplate } from "#ports/templates";
import { defaultTemplates, type TemplateName, templateNames } from "./defaults.ts";
import { type LocaleName, locales } from "./words.ts";

/** What a tenant says instead of the shipped texts, in one language. */
export type Texts = Partial<Record<TemplateName, string>>;

export function textFor(name: TemplateName, { texts }: { texts?: Texts | undefined }, own?: string): string {
  return own ?? texts?.[name] ?? defaultTemplates[name];
}

export interface FullName {
  name: TemplateName;
  /** Undefined for every language that has no text of its own. */
  locale: LocaleName | undefined;
}

export const localeNames = Object.keys(locales) as LocaleName[];

/** "email.subject.ru" is the subject in Russian; undefined for what is no name. */
export function fullNameOf(written: string): FullName | undefined {
  const locale = localeNames.find((one) => written.endsWith(`.${one}`));
  const base = locale === undefined ? written : written.slice(0, -locale.length - 1);
  const name = templateNames.find((one) => one === base);
  return name && { name, locale };
}

/** Those of a language win over those for all. */
export function textsIn(locale: LocaleName, stored: StoredTemplate[]): Texts {
  const byName = new Map(stored.map(({ name, text }) => [name, text]));
  const chosen = templateNames.map((name) => [name, byName.get(`${name}.${locale}`) ?? byName.get(name)]);
  return Object.fromEntries(chosen.filter(([, text]) => text !== undefined)) as Texts;
}
