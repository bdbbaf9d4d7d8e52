/** What people do to an incident. Doing it again changes nothing. */
import { AppError } from "#kernel/errors";
import type { CheckState, Incident } from "#ports/incidents";
import { isActive } from "./decide.ts";
import type { Draft } from "./memory.ts";
import { acknowledged, reopenedByPerson, resolved } from "./outage.ts";
import type { Recorder } from "./recorder.ts";

export interface Doing {
  /** `usr_…`, `key_…` or "system". */
  actor: string;
  comment: string;
  /** Of the call; "" when it is not traced. */
  traceparent?: string;
}

export type Act = (draft: Draft, incident: Incident, doing: Doing, recorder: Recorder) => void;

/** Of everything here. */
const reason = "by_person";

export const acknowledge: Act = (draft, incident, { actor, comment, traceparent }, recorder) => {
  if (incident.state === "acknowledged") return;
  if (incident.state === "resolved") throw new AppError("failed_precondition", `cannot acknowledge ${incident.id}: it is resolved`);
  const change = acknowledged(incident, actor, comment, recorder.now(), recorder.note);
  recorder.record(draft, draft.find(incident.tenantId, incident.checkId), change, { type: "incident.acknowledged", reason, traceparent });
};

/** A check that goes on failing opens the incident again after the reopen window. */
export const resolve: Act = (draft, incident, { actor, comment, traceparent }, recorder) => {
  if (!isActive(incident)) return;
  const nowMs = recorder.now();
  const { state } = draft.find(incident.tenantId, incident.checkId);
  // A good run may have been seen already, only not enough of them.
  const endedAtMs = isFailing(state) ? nowMs : Math.max(0, ...state.locations.map((each) => each.firstGoodAtMs)) || nowMs;
  const change = resolved(incident, { endedAtMs, by: actor, reason, message: comment }, nowMs, recorder.note);
  recorder.record(draft, { state: afterResolve(state), incident }, change, { type: "incident.resolved", reason, traceparent });
};

/** Recovery is counted from here on: the good runs before are what the person did not believe. */
export const reopen: Act = (draft, incident, { actor, comment, traceparent }, recorder) => {
  if (isActive(incident)) return;
  const { state, incident: newest } = draft.find(incident.tenantId, incident.checkId);
  if (isActive(newest)) throw new AppError("failed_precondition", `cannot reopen ${incident.id}: ${newest.id} of the same check is ${newest.state}`);
  const change = reopenedByPerson(incident, actor, comment, recorder.note);
  recorder.record(draft, { state: afterReopen(state), incident }, change, { type: "incident.reopened", reason, traceparent });
};

export const comment: Act = (draft, incident, doing, recorder) => {
  draft.annotate(incident, [recorder.note("commented", reason, doing.comment, doing.actor)]);
};

/** The past that it stands for counts as something else from now on, or does so no longer. */
export const correct: Act = (draft, incident, doing, recorder) => {
  draft.annotate(incident, [recorder.note("corrected", reason, doing.comment, doing.actor)]);
};

/** What still fails is held; what is good need not prove it again. */
export function afterResolve(state: CheckState): CheckState {
  const locations = state.locations.map((each) => {
    const isGood = each.failures === 0;
    return { ...each, goods: 0, firstGoodAtMs: 0, down: each.down && !isGood, firstFailureAtMs: isGood ? 0 : each.firstFailureAtMs };
  });
  return { ...state, locations, held: isFailing(state) };
}

function afterReopen(state: CheckState): CheckState {
  const locations = state.locations.map((each) => ({ ...each, goods: 0, firstGoodAtMs: 0, streak: [], down: true }));
  return { ...state, locations, held: false };
}

function isFailing({ locations }: CheckState): boolean {
  return locations.some((each) => each.failures > 0);
}
