/** Words and documents of the notes on a status page. */
import { t } from "./i18n.ts";
import { instantOf } from "./maintenance_draft.ts";
import type { StatusNote } from "./status_types.ts";
import type { JsonObject } from "./types.ts";

export const noteStates = {
  incident: [["investigating", t("Investigating")], ["identified", t("Identified")], ["monitoring", t("Monitoring")], ["resolved", t("Resolved // of a note")]],
  maintenance: [["scheduled", t("Scheduled")], ["in_progress", t("In progress")], ["completed", t("Completed")]],
} as const satisfies Record<StatusNote["kind"], readonly (readonly [string, string])[]>;

export const impacts = [["none", t("No impact")], ["minor", t("Minor")], ["major", t("Major")], ["maintenance", t("Maintenance")]] as const;

export interface NoteDraft {
  kind: StatusNote["kind"];
  title: string;
  impact: string;
  components: readonly string[];
  state: string;
  text: string;
  startsAt: string;
  endsAt: string;
  notify: boolean;
}

export const emptyNote: NoteDraft = { kind: "incident", title: "", impact: "minor", components: [], state: "investigating", text: "", startsAt: "", endsAt: "", notify: true };

export function noteDocument(draft: NoteDraft): JsonObject {
  const { kind, title, impact, components, state, text, startsAt, endsAt, notify } = draft;
  return {
    kind,
    title,
    impact,
    components: [...components],
    notify,
    updates: [{ state, text }],
    ...(kind === "maintenance" && startsAt !== "" && { startsAt: instantOf(startsAt) }),
    ...(kind === "maintenance" && endsAt !== "" && { endsAt: instantOf(endsAt) }),
  };
}

export function withKind(draft: NoteDraft, kind: NoteDraft["kind"]): NoteDraft {
  return { ...draft, kind, state: noteStates[kind][0][0], impact: kind === "maintenance" ? "maintenance" : "minor" };
}

export function stateName(note: Pick<StatusNote, "kind">, state: string): string {
  return noteStates[note.kind].find(([name]) => name === state)?.[1] ?? state;
}

export function isOver(note: StatusNote): boolean {
  const last = note.updates.at(-1)?.state;
  return last === "resolved" || last === "completed";
}
