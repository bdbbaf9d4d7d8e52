/** A silence as it is being typed, and the document it makes. */
import type { Draft, Field } from "./fields.ts";
import { t } from "./i18n.ts";
import { instantOf, localOf } from "./maintenance_draft.ts";
import { matcherOf, newMatcher, type MatcherDraft } from "./matcher_draft.ts";
import type { JsonObject } from "./types.ts";

export interface SilenceDraft {
  values: Draft;
  matchers: readonly MatcherDraft[];
}

const hourMs = 3_600_000;
const other = { pointer: "length", is: ["other"] };

export const lengthFields: readonly Field[] = [
  {
    pointer: "length",
    label: t("How long"),
    kind: "choice",
    initial: "1h",
    choices: [
      ["1h", t("1 hour from now")],
      ["4h", t("4 hours from now")],
      ["tomorrow", t("until tomorrow, 09:00")],
      ["other", t("from … to …")],
    ],
  },
  { pointer: "/startsAt", label: t("From"), kind: "moment", when: other, hint: t("In the time of this browser") },
  { pointer: "/endsAt", label: t("To"), kind: "moment", when: other },
];

export const commentField: Field = { pointer: "/comment", label: t("Why"), kind: "text", required: true, wide: true, placeholder: t("Deploy of the new shop") };

/** Of one check when one is named, else of nothing until something is typed. */
export function newSilence(checkId: string, now: Date): SilenceDraft {
  const begin = new Date(Math.ceil((now.getTime() + 60_000) / hourMs) * hourMs);
  const values = { length: "1h", "/startsAt": localOf(begin), "/endsAt": localOf(new Date(begin.getTime() + 2 * hourMs)), "/comment": "" };
  return { values, matchers: [checkId ? { ...newMatcher("checkId"), value: checkId } : newMatcher()] };
}

export function silenceDocument({ values, matchers }: SilenceDraft, now: Date): JsonObject {
  return { ...timesOf(values, now), matchers: matchers.map((draft) => ({ ...matcherOf(draft) })), comment: String(values["/comment"] ?? "").trim() };
}

/** Without a beginning it begins when the server gets it. */
function timesOf(values: Draft, now: Date): JsonObject {
  const said = (pointer: string) => instantOf(String(values[pointer] ?? ""));
  if (values["length"] === "other") return { startsAt: said("/startsAt"), endsAt: said("/endsAt") };
  if (values["length"] === "tomorrow") return { endsAt: new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9).toISOString() };
  return { endsAt: new Date(now.getTime() + (values["length"] === "4h" ? 4 : 1) * hourMs).toISOString() };
}
