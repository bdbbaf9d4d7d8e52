/** Puts a change of an incident and its event into a draft, with the time, the ids and the count that belong to them. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { Clock } from "#kernel/clock";
import type { Ids } from "#kernel/ids";
import type { Telemetry } from "#kernel/telemetry";
import type { IncidentChange } from "#ports/incidents";
import type { Reason } from "./decide.ts";
import { withEvent, type EventType } from "./event.ts";
import type { Draft, Entry } from "./memory.ts";
import type { Note } from "./outage.ts";

export interface Telling {
  type: EventType;
  reason: string;
  run?: { check: Check; result: Result };
  traceparent?: string | undefined;
}

export interface Recorder {
  now(): number;
  newIncidentId(): string;
  note: Note;
  /** Counts a decision. */
  decided(reason: Reason): void;
  /** State, incident and event go together. `run` is absent when a person caused it. */
  record(draft: Draft, entry: Entry, change: IncidentChange, told: Telling): void;
}

export function createRecorder({ clock, ids, telemetry }: { clock: Clock; ids: Ids; telemetry: Telemetry }): Recorder {
  const events = telemetry.counter("incident_events_total", "Incident events decided, by type.", ["type"]);
  const decisions = telemetry.counter("incident_decisions_total", "Decisions on runs of checks that are not quiet, by reason.", ["reason"]);
  return {
    now: () => clock.now(),
    newIncidentId: () => ids.next("inc"),
    note: (type, reason, message, actor = "system") => ({ id: ids.next("tml"), atMs: clock.now(), type, actor, reason, message }),
    decided: (reason) => decisions.inc({ reason }),
    record(draft, entry, change, { type, reason, run, traceparent = "" }) {
      const told = withEvent(change, { id: ids.next("evt"), type, atMs: clock.now(), reason, run, state: entry.state, traceparent });
      draft.change(entry.state, told.change);
      draft.announce(told.event);
      events.inc({ type });
    },
  };
}
