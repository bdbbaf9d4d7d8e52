/** For tests: the decisions in a loop. */
import type { Incident } from "#ports/incidents";
import { afterResolve } from "../roles/incident/acts.ts";
import { decide, type Facts, type Policy, type Run } from "../roles/incident/decide.ts";
import { quietState } from "../roles/incident/memory.ts";
import { folded, opened, reopened, resolved } from "../roles/incident/outage.ts";

export const minuteMs = 60_000;
export const policy: Policy = { failureThreshold: 2, recoveryThreshold: 2, quorum: "majority", severity: "", reopenWindowMs: 10 * minuteMs };
const statuses = { u: "up", g: "degraded", d: "down", n: "unknown" } as const;
export type Letter = keyof typeof statuses;

let entries = 0;
const note = (type: string, reason: string, message: string, actor = "system") => ({ id: `tml_${entries++}`, atMs: 0, type, actor, reason, message });

/** Its place in the log is its minute unless told otherwise. */
export function run(letter: Letter, minute: number, hash = "refused", sequence = minute): Run {
  return { sequence, location: "default", startedAtMs: minute * minuteMs, status: statuses[letter], error: { hash, kind: "connect_refused", message: hash } };
}

const letterOf = { "incident.reopened": "r", "incident.severity_raised": "s", "incident.flapping": "f" } as const;

/** The pure heart in a loop: decisions and what they make of the incident, without store, queue or clock. */
export function createMachine(rules: Policy = policy, parentIncidentId = "") {
  const machine = {
    state: quietState("ten_1", "chk_1"),
    incident: undefined as Incident | undefined,
    incidents: 0,
    /** o opened, r reopened, s raised in severity, f flapping, x resolved, p resolved by a person. */
    told: "",
    parentIncidentId,
    take(next: Run, given: Partial<Facts> = {}) {
      const atMs = next.startedAtMs;
      const facts: Facts = {
        incident: machine.incident,
        parentIncidentId: machine.parentIncidentId,
        maintenance: "",
        wait: "",
        isMassFailure: false,
        isOwnOutage: false,
        ...given,
      };
      const { state, effect, reason } = decide(machine.state, next, rules, facts);
      machine.state = state;
      if (effect.kind === "open") {
        const opening = { id: `inc_${++machine.incidents}`, tenantId: "ten_1", checkId: "chk_1", checkName: "", location: "default", checkBody: new Uint8Array() };
        machine.incident = opened(opening, { ...effect, reason }, atMs, note).incident;
        machine.told += "o";
      } else if (effect.kind === "reopen") {
        machine.incident = reopened(machine.incident!, { ...effect, reason }, note).incident;
        machine.told += "r";
      } else if (effect.kind === "fold") {
        machine.incident = folded(machine.incident!, effect, note).incident;
        machine.told += effect.tell === "" ? "" : letterOf[effect.tell];
      } else if (effect.kind === "resolve") {
        machine.incident = resolved(machine.incident!, { endedAtMs: effect.endedAtMs, by: "system", reason, message: "" }, atMs, note).incident;
        machine.told += "x";
      }
      return reason;
    },
    resolveByPerson(atMs: number) {
      machine.incident = resolved(machine.incident!, { endedAtMs: atMs, by: "usr_1", reason: "by_person", message: "" }, atMs, note).incident;
      machine.state = afterResolve(machine.state);
      machine.told += "p";
    },
  };
  return machine;
}

export type Machine = ReturnType<typeof createMachine>;
