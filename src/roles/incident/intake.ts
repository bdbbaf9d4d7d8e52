/** One result: decides what it means, and puts what follows into the draft of its batch. */
import { create } from "@bufbuild/protobuf";
import { ResultSchema, type Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import { carried } from "#kernel/tracing";
import type { IncidentChange } from "#ports/incidents";
import { homeLocation } from "#ports/queue";
import { isActive, type Decision, type Wait } from "./decide.ts";
import type { EventType } from "./event.ts";
import { factsOf, isFailing, kindOf, policyOf, runOf, type KnownFacts, type Surroundings, type TakenResult } from "./facts.ts";
import { isFlappingAfter, withRunInHistory } from "./flapping.ts";
import { gapsAfter, locationIn, withNamedOnly, withSkippedRuns } from "./locations.ts";
import { mayBeOurs, networkOf } from "./mass_failure.ts";
import { isQuiet, type Draft, type Entry } from "./memory.ts";
import { folded, opened, reopened, resolved } from "./outage.ts";
import type { Recorder } from "./recorder.ts";

const waits = new Set<string>(["held_for_mass_failure", "waiting_for_parent", "waiting_for_locations"] satisfies Wait[]);

export function takeIn(draft: Draft, taken: TakenResult, around: Surroundings): void {
  const { body } = taken;
  const check = body.check!;
  if (check.locations.length > 0 && !check.locations.includes(body.location)) return;
  const isUp = body.status === "up";
  around.massFailure.reported(check.id, body.startedAtMs);
  if (isUp) around.roster.heard(body);
  // The way of nearly every result, thousands a second: nothing to decide and nothing to keep.
  if (isUp && !draft.knows(check.id)) return;
  const entry = knownOf(draft, taken, around);
  if (isUp && isQuiet(entry) && noteRun(entry, body)) return;
  watchForMassFailure(entry, taken, around);
  const facts = factsOf(draft, entry, taken, around);
  const decision = around.rules.decide(entry.state, runOf(body), policyOf(check, around.reopenWindowMs), facts);
  waitOrNot(decision, taken, facts, around);
  follow(draft, entry, decision, { taken, around });
}

/** What waits is looked at again. Gives the checks that wait no longer. */
export function lookAgain(draft: Draft, around: Surroundings): string[] {
  const done: string[] = [];
  for (const { taken } of around.waiting.all()) {
    const { body } = taken;
    const check = body.check!;
    const entry = knownOf(draft, taken, around);
    const facts = factsOf(draft, entry, taken, around);
    const decision = around.rules.reconsider(entry.state, runOf(body), policyOf(check, around.reopenWindowMs), facts);
    if (isWait(decision)) continue;
    done.push(check.id);
    if (decision.effect.kind === "none") continue;
    follow(draft, entry, decision, { taken, around });
  }
  return done;
}

/**
 * Our own network was gone: failures that no incident has taken in, and that nothing but a network explains, never happened. Older ones
 * go as well, since the check that fails every hour did so at the beginning of it; a real outage is confirmed anew afterwards. Gives
 * whose checks these were.
 */
export function dismissOwnOutage(draft: Draft, entries: Entry[], { rules, recorder }: Surroundings): { tenants: string[]; checks: number } {
  const dismissed = entries.filter(({ state, incident }) => {
    const failing = state.locations.filter((each) => each.streak.length > 0);
    const causes = failing.flatMap((each) => each.streak);
    // What fails elsewhere as well is not explained by our network.
    return !isActive(incident) && failing.every((each) => each.location === homeLocation) && causes.length > 0 && causes.every((cause) => mayBeOurs(cause.kind));
  });
  for (const entry of dismissed) {
    const { state, reason } = rules.dismiss(entry.state);
    recorder.decided(reason);
    draft.remember({ ...entry, state });
  }
  return { tenants: [...new Set(dismissed.map((entry) => entry.state.tenantId))], checks: dismissed.length };
}

/** What is known of its check, without what locations say that it names no longer. */
function knownOf(draft: Draft, { tenantId, body }: TakenResult, around: Surroundings): Entry {
  const { id, locations } = body.check!;
  const found = draft.find(tenantId, id);
  const entry = withNamed(withRoster(withNamed(found, locations), around), locations);
  if (entry !== found && found.state.locations.length > 0) draft.note(entry);
  return entry;
}

function withNamed(entry: Entry, named: readonly string[]): Entry {
  const state = withNamedOnly(entry.state, named);
  return state === entry.state ? entry : { ...entry, state };
}

function withRoster(entry: Entry, { roster }: Surroundings): Entry {
  const { state } = entry;
  return state.locations.length > 0 ? entry : { ...entry, state: { ...state, locations: roster.of(state.checkId) } };
}

function watchForMassFailure({ state, incident }: Entry, { body }: TakenResult, { massFailure }: Surroundings): void {
  const here = locationIn(state, body.location);
  const begins = isFailing(body) && here.failures === 0 && body.sequence > here.lastSequence && !isActive(incident);
  if (!begins || body.location !== homeLocation || !mayBeOurs(kindOf(body)) || massFailure.state() === "offline") return;
  const check = body.check!;
  massFailure.began({ checkId: check.id, network: networkOf(check.target), atMs: body.startedAtMs });
}

function waitOrNot(decision: Decision, taken: TakenResult, { wait, maxWaitMs }: KnownFacts, { waiting }: Surroundings): void {
  if (wait !== "" && isWait(decision)) waiting.put(taken, wait, maxWaitMs);
  else if (decision.effect.kind !== "none" && decision.effect.kind !== "remember") waiting.drop(taken.body.check!.id);
}

function isWait({ reason }: Decision): boolean {
  return waits.has(reason);
}

/** Counts the decision, and does what it says. */
function follow(draft: Draft, entry: Entry, decision: Decision, { taken, around }: { taken: TakenResult; around: Surroundings }): void {
  const { recorder, tracing } = around;
  recorder.decided(decision.reason);
  const attributes = { "uptimeping.check_id": entry.state.checkId, "uptimeping.reason": decision.reason, "uptimeping.effect": decision.effect.kind };
  const span = tracing.span("decide incident", taken.body.traceparent, { attributes });
  carryOut(draft, entry, decision, { taken, recorder, traceparent: carried(span.traceparent) });
  span.end();
}

interface Means {
  taken: TakenResult;
  recorder: Recorder;
  traceparent: string;
}

/** A routine result comes without its details; in the rare case that it decides something, this much is known of it. */
function briefly({ check, status, location, startedAtMs }: CheckResult): Result {
  return create(ResultSchema, { checkId: check!.id, location, status, trigger: "schedule", scheduledAtMs: startedAtMs, startedAtMs, finishedAtMs: startedAtMs, attempts: 1 });
}

function carryOut(draft: Draft, before: Entry, decision: Decision, { taken, recorder, traceparent }: Means): void {
  const { effect, reason } = decision;
  const { note } = recorder;
  const entry = { ...before, state: decision.state };
  const marks = decision.marks.map((mark) => note(mark.type, mark.reason, mark.message));
  const withMarks = (change: IncidentChange): IncidentChange => ({ ...change, timeline: [...change.timeline, ...marks] });
  const tell = (type: EventType, change: IncidentChange) =>
    recorder.record(draft, entry, withMarks(change), { type, reason, run: { check: taken.body.check!, result: taken.body.result ?? briefly(taken.body) }, traceparent });
  switch (effect.kind) {
    case "none":
      return draft.note(entry);
    case "remember":
      if (marks.length > 0 && isActive(entry.incident)) draft.annotate(entry.incident, marks);
      return draft.remember(entry);
    case "open": {
      const { tenantId, checkId } = entry.state;
      const opening = { id: recorder.newIncidentId(), tenantId, checkId, location: taken.body.location, checkName: taken.body.check!.name, checkBody: new Uint8Array() };
      return tell("incident.opened", opened(opening, { ...effect, reason }, recorder.now(), note));
    }
    case "reopen":
      return tell("incident.reopened", reopened(entry.incident!, { ...effect, reason }, note));
    case "fold": {
      const change = folded(entry.incident!, effect, note);
      // Nobody was told of a suppressed incident; a person who acknowledged it knows.
      return effect.tell === "" ? draft.change(entry.state, withMarks(change)) : tell(effect.tell, change);
    }
    case "resolve": {
      const resolution = { endedAtMs: effect.endedAtMs, by: "system", reason, message: "" };
      return tell("incident.resolved", resolved(entry.incident!, resolution, recorder.now(), note));
    }
  }
}

/**
 * Only in memory: a good run of a quiet check that comes again changes nothing. False when the location was not heard of before,
 * which is for the decision to note.
 */
function noteRun({ state }: Entry, { location, sequence, startedAtMs }: CheckResult): boolean {
  const here = state.locations.find((each) => each.location === location);
  if (!here) return false;
  if (sequence <= here.lastSequence) return true;
  const atMs = Math.round(startedAtMs);
  here.history = withRunInHistory(withSkippedRuns(here, atMs), false);
  here.gapsMs = gapsAfter(here, atMs);
  here.lastSequence = sequence;
  here.lastRunAtMs = atMs;
  here.flapping = isFlappingAfter(here.history, here.flapping);
  for (const each of state.locations) each.missed = each === here ? 0 : each.missed + 1;
  state.maintenance = "";
  return true;
}
