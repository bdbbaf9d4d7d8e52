/** A text is tried on every kind of event before it is kept: what fails while something is down fails too late. */
import { notations } from "./defaults.ts";
import { compile } from "./engine.ts";
import { sampleEvents, sampleOf } from "./sample.ts";
import { type FullName, localeNames } from "./texts.ts";
import { TemplateProblem } from "./validate.ts";

/** What is wrong with it, or undefined. */
export function problemIn(text: string, { name, locale }: FullName): string | undefined {
  try {
    const template = compile(text);
    for (const language of locale === undefined ? localeNames : [locale]) {
      for (const event of sampleEvents) {
        const problem = problemOf(() => template.render(sampleOf(event, language), notations[name]));
        if (problem !== undefined) return `${problem} ("${event}" in "${language}")`;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof TemplateProblem) return error.message;
    throw error;
  }
}

function problemOf(render: () => string): string | undefined {
  try {
    return render().trim() === "" ? "line 1: the text is empty for a kind of event: whoever gets it would not know what happened" : undefined;
  } catch (error) {
    if (error instanceof TemplateProblem) return error.message;
    throw error;
  }
}
