/** Matchers as they are being typed: of maintenance windows, silences and routes. */
import { t } from "./i18n.ts";
import type { Matcher } from "./types.ts";

export interface MatcherDraft {
  /** Keeps a row's identity while others are removed. */
  key: number;
  label: string;
  op: string;
  /** Of a list: with commas. */
  value: string;
}

/** What matchers look at, as a line says it. */
const labels: Record<string, string> = {
  name: t("name // label"),
  type: t("type // label"),
  checkId: t("checkId // label"),
  severity: t("severity // label"),
  kind: t("kind // label"),
  event: t("event // label"),
};

export const matcherOps = [
  ["eq", t("is")],
  ["ne", t("is not")],
  ["in", t("is one of")],
  ["not_in", t("is none of")],
  ["matches", t("matches")],
  ["not_matches", t("does not match")],
] as const;

let lastKey = 0;

/** Selects nothing until something is typed: "matches" with nothing would select everything. */
export function newMatcher(label = "name"): MatcherDraft {
  return { key: ++lastKey, label, op: "eq", value: "" };
}

export function matcherDraftOf({ label, op, value }: Matcher): MatcherDraft {
  return { key: ++lastKey, label, op, value: Array.isArray(value) ? value.join(", ") : value };
}

export function matcherOf({ label, op, value }: MatcherDraft): Matcher {
  if (op !== "in" && op !== "not_in") return { label: label.trim(), op, value };
  return { label: label.trim(), op, value: value.split(",").map((one) => one.trim()).filter((one) => one !== "") };
}

/** In one line, for lists. */
export function matcherText({ label, op, value }: Matcher): string {
  const name = matcherOps.find(([known]) => known === op)?.[1] ?? op;
  const said = Array.isArray(value) ? value.join(", ") : value;
  const of = labels[label] ?? label;
  return op === "matches" && said === "" ? t("every {label}", { label: of }) : [of, name, said].join(" ");
}
