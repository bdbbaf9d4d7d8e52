/**
 * Which checks, incidents or messages something is about: maintenance windows, silences and routes all select in this language.
 * A selection is a list of matchers that must all hold. What an empty list means is for its user to say.
 */
import { z } from "zod";
import { compilePattern } from "./assertion_language.ts";

export const matcherOps = ["eq", "ne", "in", "not_in", "matches", "not_matches"] as const;

export interface Matcher {
  /** One of `labelNames`, or "tag." and the name of a tag. */
  label: string;
  op: (typeof matcherOps)[number];
  /** A list with `in` and `not_in`; an RE2 pattern, found anywhere in the value, with `matches` and `not_matches`. */
  value: string | string[];
}

/** What a matcher can look at. Not everything is known everywhere: a label that is not known has the value "". */
const labelNames = ["checkId", "name", "type", "severity", "kind", "location", "event"] as const;

/** Values by label. */
export type Labels = Readonly<Record<string, string>>;

/** The labels of a check; a caller adds `severity`, `kind`, `location` and `event` where it knows them. */
export function labelsOf(check: { id: string; name: string; type: string; tags: Readonly<Record<string, string>> }): Record<string, string> {
  const labels: Record<string, string> = { checkId: check.id, name: check.name, type: check.type };
  for (const [tag, value] of Object.entries(check.tags)) labels[`tag.${tag}`] = value;
  return labels;
}

export type Selects = (labels: Labels) => boolean;

/** All of them must hold; an empty list selects everything, so whoever must not select everything by mistake refuses it before. */
export function compileMatchers(matchers: readonly Matcher[]): Selects {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher({ label, op, value }: Matcher): Selects {
  const read = (labels: Labels) => (Object.hasOwn(labels, label) ? labels[label]! : "");
  switch (op) {
    case "eq":
      return (labels) => read(labels) === value;
    case "ne":
      return (labels) => read(labels) !== value;
    case "in":
      return (labels) => value.includes(read(labels));
    case "not_in":
      return (labels) => !value.includes(read(labels));
    case "matches":
    case "not_matches": {
      const pattern = compilePattern(value as string);
      return (labels) => pattern.test(read(labels)) === (op === "matches");
    }
  }
}

const labelRule = `must be one of ${labelNames.join(", ")}, or tag.NAME`;
const text = z.string("must be a text").max(500, "must be at most 500 characters");
const list = z.array(text, "must be a list of texts").min(1, "must name at least one value").max(200, "at most 200 values");
const label = z.string(labelRule).refine((name) => (labelNames as readonly string[]).includes(name) || /^tag\.[A-Za-z0-9][\w.\-/]{0,62}$/.test(name), labelRule);

const matcher = z
  .strictObject({ label, op: z.enum(matcherOps, `must be one of ${matcherOps.join(", ")}`), value: z.union([text, list], "must be a text, or a list of texts") })
  .superRefine(({ op, value }, context) => {
    const problem = valueProblem(op, value);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem, path: ["value"] });
  });

/** For documents that hold a selection. */
export const matchersSchema = z.array(matcher, "must be a list of matchers").max(50, "at most 50 matchers");

function valueProblem(op: Matcher["op"], value: string | string[]): string | undefined {
  if (op === "in" || op === "not_in") return Array.isArray(value) ? undefined : "must be a list of texts";
  if (Array.isArray(value)) return `must be one text: with "${op}" a list means nothing`;
  if (op !== "matches" && op !== "not_matches") return undefined;
  try {
    compilePattern(value);
    return undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}
