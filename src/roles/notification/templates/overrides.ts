/** The texts of a tenant: listed, set, taken back, and had for a message. */
import { AppError, invalidField } from "#kernel/errors";
import type { StoredTemplate, TemplateStore } from "#ports/templates";
import { defaultTemplates, templateNames } from "./defaults.ts";
import { type FullName, fullNameOf, localeNames, textFor, type Texts, textsIn } from "./texts.ts";
import { problemIn } from "./trial.ts";
import type { LocaleName } from "./words.ts";

export interface ListedTemplate extends Omit<StoredTemplate, "tenantId"> {
  shippedText: string;
  isOverridden: boolean;
}

export interface Templates {
  /** One for each name, and one for each language that has a text of its own. */
  list(tenantId: string): Promise<ListedTemplate[]>;
  set(tenantId: string, template: { name: string; text: string; updatedBy: string }): Promise<ListedTemplate>;
  /** Back to the shipped text; also when it is that already. */
  reset(tenantId: string, name: string): Promise<void>;
  /** Kept in memory until the tenant changes one. */
  textsFor(tenantId: string, locale: LocaleName): Promise<Texts>;
}

const mostTenants = 1_000;

export function createTemplates({ templates, now }: { templates: TemplateStore; now: () => number }): Templates {
  // Promises, so that a change which comes while they are read is not hidden by what was read before it.
  const known = new Map<string, Promise<StoredTemplate[]>>();
  const storedOf = (tenantId: string): Promise<StoredTemplate[]> => {
    const found = known.get(tenantId);
    if (found !== undefined) return found;
    if (known.size >= mostTenants) known.clear();
    const reading = templates.list(tenantId);
    known.set(tenantId, reading);
    reading.catch(() => known.get(tenantId) === reading && known.delete(tenantId));
    return reading;
  };

  return {
    async list(tenantId) {
      const stored = await templates.list(tenantId);
      const names = templateNames.flatMap((name) => [name, ...localeNames.map((locale) => `${name}.${locale}`)]);
      return names.flatMap((name) => {
        const found = stored.find((one) => one.name === name);
        const full = fullNameOf(name)!;
        return found !== undefined || full.locale === undefined ? [listed(full, found, name)] : [];
      });
    },
    async set(tenantId, { name, text, updatedBy }) {
      const full = knownName(name);
      const problem = problemIn(text, full);
      if (problem !== undefined) throw invalidField("/text", problem);
      const template: StoredTemplate = { tenantId, name, text, updatedAtMs: now(), updatedBy };
      await templates.put(template);
      known.delete(tenantId);
      return listed(full, template, name);
    },
    async reset(tenantId, name) {
      knownName(name);
      await templates.remove(tenantId, name);
      known.delete(tenantId);
    },
    textsFor: async (tenantId, locale) => textsIn(locale, await storedOf(tenantId)),
  };
}

function listed(full: FullName, stored: StoredTemplate | undefined, name: string): ListedTemplate {
  const shippedText = defaultTemplates[full.name];
  const { text, updatedAtMs, updatedBy } = stored ?? { text: textFor(full.name, {}), updatedAtMs: 0, updatedBy: "" };
  return { name, text, shippedText, isOverridden: stored !== undefined, updatedAtMs, updatedBy };
}

function knownName(written: string): FullName {
  const full = fullNameOf(written);
  if (full !== undefined) return full;
  const right = `one of ${templateNames.join(", ")}, each also with .${localeNames.join(" or .")} at its end`;
  throw new AppError("not_found", `there is no template "${written.slice(0, 80)}": ${right}`);
}
