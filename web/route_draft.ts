/** A route as it is being typed, and the document it makes. */
import type { AlertRoute } from "./alert_types.ts";
import { durationMs, durationText } from "./duration.ts";
import { emptyDraft, type Draft, type Field } from "./fields.ts";
import { t } from "./i18n.ts";
import { matcherDraftOf, matcherOf, type MatcherDraft } from "./matcher_draft.ts";
import type { FieldError, JsonObject } from "./types.ts";

export interface StepDraft {
  /** Keeps a row's identity while others are removed. */
  key: number;
  after: string;
  channels: readonly string[];
}

export interface RouteDraft {
  values: Draft;
  matchers: readonly MatcherDraft[];
  channels: readonly string[];
  steps: readonly StepDraft[];
}

export const routeFields: readonly Field[] = [
  { pointer: "/name", label: t("Name"), kind: "text", required: true, placeholder: t("Production") },
  { pointer: "/enabled", label: t("In force"), kind: "flag", initial: true },
  { pointer: "/continue", label: t("Ask the routes after it as well"), kind: "flag", hint: t("Else the first route that fits decides") },
];

export const groupFields: readonly Field[] = [
  { pointer: "/groupBy", label: t("A message of its own for each"), kind: "list", placeholder: "tag.env, type", hint: t("Labels; without any all go together") },
  { pointer: "/groupWaitMs", label: t("The first waits"), kind: "text", placeholder: t("as usual for the channel"), hint: t("For others to go with it, such as 10s") },
  { pointer: "/groupIntervalMs", label: t("The next one waits"), kind: "text", placeholder: t("as usual for the channel"), hint: t("After the one before, such as 5m") },
];

export const reminderField: Field = { pointer: "/reminderEveryMs", label: t("Remind every"), kind: "text", placeholder: t("never"), hint: t("While nobody acknowledges, such as 30m") };

const durations = ["/groupWaitMs", "/groupIntervalMs", "/reminderEveryMs"];
let lastKey = 0;

/** Later than the last one, as each step must be. */
export function newStep(before: readonly StepDraft[]): StepDraft {
  const last = before.at(-1);
  return { key: ++lastKey, after: last ? durationText((durationMs(last.after) ?? 0) + 900_000) : "15m", channels: [] };
}

export function newRoute(): RouteDraft {
  return { values: emptyDraft([...routeFields, ...groupFields, reminderField]), matchers: [], channels: [], steps: [] };
}

export function routeDraftOf(route: AlertRoute): RouteDraft {
  const typed = (ms: number | null) => (ms === null ? "" : durationText(ms));
  return {
    values: {
      "/name": route.name,
      "/enabled": route.enabled,
      "/continue": route.continue,
      "/groupBy": route.groupBy.join(", "),
      "/groupWaitMs": typed(route.groupWaitMs),
      "/groupIntervalMs": typed(route.groupIntervalMs),
      "/reminderEveryMs": typed(route.reminderEveryMs || null),
    },
    matchers: route.matchers.map(matcherDraftOf),
    channels: route.channels,
    steps: route.escalation.map(({ afterMs, channels }) => ({ key: ++lastKey, after: durationText(afterMs), channels })),
  };
}

/** A null takes away what was there: for a change. A new route has no such thing. */
export function routeDocument({ values, matchers, channels, steps }: RouteDraft): { document: JsonObject; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = (pointer: string, typed: string): number => {
    const ms = durationMs(typed);
    if (ms === undefined) errors.push({ pointer, message: t("\"{typed}\" is not a duration: write 90s, 15m, 2h or 1d", { typed }) });
    return ms ?? 0;
  };
  const said = (pointer: string) => String(values[pointer] ?? "").trim();
  const [groupWaitMs, groupIntervalMs, reminderEveryMs] = durations.map((pointer) => (said(pointer) === "" ? null : read(pointer, said(pointer))));
  const document: JsonObject = {
    name: said("/name"),
    enabled: values["/enabled"] === true,
    continue: values["/continue"] === true,
    matchers: matchers.map((draft) => ({ ...matcherOf(draft) })),
    channels: [...channels],
    groupBy: said("/groupBy").split(/[\s,]+/).filter(Boolean),
    groupWaitMs: groupWaitMs!,
    groupIntervalMs: groupIntervalMs!,
    reminderEveryMs: reminderEveryMs ?? 0,
    escalation: steps.map(({ after, channels: told }, index) => ({ afterMs: read(`/escalation/${index}/afterMs`, after), channels: [...told] })),
  };
  return { document, errors };
}

/** Routes that stand at other places than their order says, each with its place; `id` has moved by `by`. */
export function movedRoutes(routes: readonly AlertRoute[], id: string, by: -1 | 1): { route: AlertRoute; position: number }[] {
  const from = routes.findIndex((route) => route.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= routes.length) return [];
  const order = routes.toSpliced(from, 1).toSpliced(to, 0, routes[from]!);
  // A gap between them leaves room for those who write positions by hand.
  return order.map((route, index) => ({ route, position: (index + 1) * 10 })).filter(({ route, position }) => route.position !== position);
}

export function placeAtEnd(routes: readonly AlertRoute[]): number {
  return Math.min(10_000, Math.max(0, ...routes.map(({ position }) => position)) + 10);
}
