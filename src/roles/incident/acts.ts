/** What people do to an incident. Doing it again changes nothing. */
import { AppError } from "#kernel/errors";
import type { Incident } from "#ports/incidents";
import { isActive } from "./decide.ts";
import type { Draft } from "./memory.ts";
import { acknowledged, resolved } from "./outage.ts";
import type { Recorder } from "./recorder.ts";

export interface Doing {
  /** `usr_…`, `key_…` or "system". */
  actor: string;
  comment: string;
}

export type Act = (draft: Draft, incident: Incident, doing: Doing, recorder: Recorder) => void;

export const acknowledge: Act = (draft, incident, { actor, comment }, recorder) => {
  if (incident.state === "acknowledged") return;
  if (incident.state === "resolved") throw new AppError("failed_precondition", `cannot acknowledge ${incident.id}: it is resolved`);
  const change = acknowledged(incident, actor, comment, recorder.now(), recorder.note);
  recorder.record(draft, draft.find(incident), change, { type: "incident.acknowledged" });
};

/** A check that goes on failing opens the incident again after the reopen window. */
export const resolve: Act = (draft, incident, { actor, comment }, recorder) => {
  if (!isActive(incident)) return;
  const nowMs = recorder.now();
  const { state } = draft.find(incident);
  // A good run may have been seen already, only not enough of them.
  const endedAtMs = state.goods > 0 ? state.firstGoodAtMs : nowMs;
  const change = resolved(incident, { endedAtMs, by: actor, reason: "by_person", message: comment }, nowMs, recorder.note);
  recorder.record(draft, { state: { ...state, goods: 0, firstGoodAtMs: 0, held: state.failures > 0 }, incident }, change, { type: "incident.resolved" });
};

export const comment: Act = (draft, incident, doing, recorder) => {
  draft.annotate(incident, recorder.note("commented", "by_person", doing.comment, doing.actor));
};
