/** Decisions that are wrong on purpose. Whatever is used to prove the decisions right must catch each of them. */
import type { CheckState } from "#ports/incidents";
import { decide, dismiss, reconsider, type Decision, type Facts, type Policy, type Run } from "../roles/incident/decide.ts";
import type { Rules } from "../roles/incident/facts.ts";

type Decide = typeof decide;

const rules: Rules = { decide, reconsider, dismiss };
const around = (decideInstead: Decide): Rules => ({ ...rules, decide: decideInstead });
const withPolicy = (change: (policy: Policy) => Partial<Policy>): Rules => around((state, run, policy, facts) => decide(state, run, { ...policy, ...change(policy) }, facts));
const withRun = (change: (run: Run, state: CheckState) => Partial<Run>): Rules => around((state, run, policy, facts) => decide(state, { ...run, ...change(run, state) }, policy, facts));
const withFacts = (change: (facts: Facts) => Partial<Facts>): Rules => {
  const changed = (facts: Facts) => ({ ...facts, ...change(facts) });
  return {
    ...rules,
    decide: (state, run, policy, facts) => decide(state, run, policy, changed(facts)),
    reconsider: (state, run, policy, facts) => reconsider(state, run, policy, changed(facts)),
  };
};
const withDecision = (change: (decision: Decision, before: CheckState, run: Run) => Decision): Rules =>
  around((state, run, policy, facts) => change(decide(state, run, policy, facts), state, run));
const withLocations = (state: CheckState, change: (location: CheckState["locations"][number]) => object): CheckState => ({
  ...state,
  locations: state.locations.map((each) => ({ ...each, ...change(each) })),
});
const forgotten = (decision: Decision, before: CheckState): Decision => ({ ...decision, state: before, effect: { kind: "none" }, marks: [] });

export const brokenRules: Record<string, Rules> = {
  "a run that comes again counts again": around((state, run, policy, facts) => decide(withLocations(state, () => ({ lastSequence: 0 })), run, policy, facts)),
  "one failing run fewer is enough": withPolicy(({ failureThreshold }) => ({ failureThreshold: failureThreshold - 1 })),
  "one failing run more is needed": withPolicy(({ failureThreshold }) => ({ failureThreshold: failureThreshold + 1 })),
  "one good run is a recovery": withPolicy(() => ({ recoveryThreshold: 1 })),
  "a recovery is never enough": withPolicy(() => ({ recoveryThreshold: 1_000 })),
  "any location decides": withPolicy(() => ({ quorum: "any" })),
  "all locations must agree": withPolicy(() => ({ quorum: "all" })),
  "what was not observed is a failure": withRun((run) => (run.status === "unknown" ? { status: "down" } : {})),
  "what was not observed is good": withRun((run) => (run.status === "unknown" ? { status: "up" } : {})),
  "runs are told apart by the wall clock": withRun((run, state) => (state.locations.some((each) => each.location === run.location && run.startedAtMs <= each.lastRunAtMs) ? { sequence: 0 } : {})),
  "maintenance is not looked at": withFacts(() => ({ maintenance: "" })),
  "our own outage is nobody's": { ...withFacts(() => ({ isOwnOutage: false })), dismiss: (state) => ({ ...dismiss(state), state }) },
  "a mass failure is not held": withFacts(({ wait }) => ({ wait: wait === "held_for_mass_failure" ? "" : wait })),
  "a child does not wait for its parent": withFacts(({ wait }) => ({ wait: wait === "waiting_for_parent" ? "" : wait })),
  "what waits, waits for ever": { ...withFacts(({ wait, isMassFailure }) => ({ wait: wait || (isMassFailure ? "waiting_for_parent" : "") })) },
  "a good run does not end a streak": withDecision((decision, before, run) =>
    run.status === "up" && decision.reason === "recovered_before_threshold" ? { ...decision, state: withLocations(decision.state, (each) => ({ failures: before.locations.find((was) => was.location === each.location)?.failures ?? 0 })) } : decision,
  ),
  "an outage starts when it is confirmed": withDecision((decision, _before, run) =>
    decision.effect.kind === "open" ? { ...decision, effect: { ...decision.effect, startedAtMs: run.startedAtMs } } : decision,
  ),
  "the same outage opens a second incident": withDecision((decision) =>
    decision.effect.kind === "reopen" ? { ...decision, effect: { ...decision.effect, kind: "open" } } : decision,
  ),
  "an incident that is open opens again": around((state, run, policy, facts) => decide(state, run, policy, { ...facts, incident: undefined })),
  "a recovery is forgotten": withDecision((decision, before) => (decision.reason === "recovered" ? forgotten(decision, before) : decision)),
  "a failing run below the threshold is not kept": withDecision((decision) => (decision.reason === "below_failure_threshold" ? { ...decision, effect: { kind: "none" } } : decision)),
  "what opens stays suspected": withDecision((decision, before, run) => (decision.reason === "failure_threshold_reached" && run.sequence % 3 === 0 ? forgotten(decision, before) : decision)),
};
