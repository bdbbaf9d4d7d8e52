/**
 * What the role knows of each check that has ever failed. A check that never failed has no entry, so that a platform of
 * healthy checks costs neither memory nor disk here.
 *
 * A draft lies over the memory while a batch is decided. The memory takes it over once it is on disk; a draft whose commit
 * failed is dropped, and the batch comes again.
 */
import type { Cause, CheckState, Incident, IncidentChange, IncidentChanges, OutboxEvent, StoredState, TimelineEntry } from "#ports/incidents";
import { isActive } from "./decide.ts";

export type Entry = StoredState;

/** (tenant, check) → location → entry. */
type Entries = Map<string, Map<string, Entry>>;

export interface CheckAt {
  tenantId: string;
  checkId: string;
  location: string;
}

export interface Memory {
  find(at: CheckAt): Entry | undefined;
  put(entry: Entry): void;
  draft(): Draft;
  /** Lets go of resolved incidents that can no longer reopen, and of quiet checks that have had no run since. */
  forget(resolvedBeforeMs: number, runBeforeMs: number): void;
}

export interface Draft {
  /** The entry as the draft has it; a new, quiet one when there is none. */
  find(at: CheckAt): Entry;
  /** Id of an active incident of the check, at any location; "" without one. */
  activeIncidentOf(tenantId: string, checkId: string): string;
  /** The state is what it was for all that a crash would need: only the memory learns of it. */
  note(entry: Entry): void;
  /** The state is written. */
  remember(entry: Entry): void;
  /** State and incident are written. */
  change(state: CheckState, change: IncidentChange): void;
  /** The incident gets an entry in its timeline, and nothing else. */
  annotate(incident: Incident, entry: TimelineEntry): void;
  /** An event goes out with the draft. */
  announce(event: OutboxEvent): void;
  /** What is to be written; undefined when nothing is. */
  changes(): IncidentChanges | undefined;
  /** The draft is on disk: the memory takes it over. */
  settle(): void;
}

export function isQuiet(entry: Entry): boolean {
  return entry.state.failures === 0 && !isActive(entry.incident);
}

export function createMemory(): Memory {
  const entries: Entries = new Map();
  return {
    find: (at) => lookUp(entries, at),
    put: (entry) => store(entries, entry),
    draft: () => createDraft(entries),
    forget(resolvedBeforeMs, runBeforeMs) {
      for (const [check, locations] of entries) {
        for (const [location, entry] of locations) {
          if (!isQuiet(entry)) continue;
          if (entry.incident && entry.incident.resolvedAtMs < resolvedBeforeMs) entry.incident = undefined;
          if (!entry.incident && entry.state.lastRunAtMs < runBeforeMs) locations.delete(location);
        }
        if (locations.size === 0) entries.delete(check);
      }
    },
  };
}

interface Written {
  incident: Incident;
  causes: Map<string, Cause>;
  timeline: TimelineEntry[];
}

function createDraft(memory: Entries): Draft {
  const drafted: Entries = new Map();
  const states = new Map<string, CheckState>();
  const written = new Map<string, Written>();
  const events: OutboxEvent[] = [];

  const remember = (entry: Entry) => {
    store(drafted, entry);
    states.set(`${keyOf(entry.state)} ${entry.state.location}`, entry.state);
  };

  // Many runs of one long outage in one batch become one write of its row.
  const write = ({ incident, causes, timeline }: IncidentChange) => {
    const before: Written = written.get(incident.id) ?? { incident, causes: new Map(), timeline: [] };
    for (const cause of causes) before.causes.set(cause.errorHash, cause);
    before.timeline.push(...timeline);
    before.incident = incident;
    written.set(incident.id, before);
  };

  return {
    find: (at) => lookUp(drafted, at) ?? lookUp(memory, at) ?? { state: quietState(at), incident: undefined },
    activeIncidentOf(tenantId, checkId) {
      const key = keyOf({ tenantId, checkId });
      const here = drafted.get(key);
      for (const [location, entry] of [...(here ?? []), ...(memory.get(key) ?? [])]) {
        const newest = here?.get(location) ?? entry;
        if (isActive(newest.incident)) return newest.incident.id;
      }
      return "";
    },
    note: (entry) => store(drafted, entry),
    remember,
    change(state, change) {
      remember({ state: { ...state, incidentId: change.incident.id }, incident: change.incident });
      write(change);
    },
    annotate: (incident, entry) => write({ incident, causes: [], timeline: [entry] }),
    announce: (event) => void events.push(event),
    changes() {
      if (states.size === 0 && written.size === 0) return undefined;
      const incidents = [...written.values()].map((each) => ({ ...each, causes: [...each.causes.values()] }));
      return { incidents, states: [...states.values()], events };
    },
    settle() {
      for (const locations of drafted.values()) for (const entry of locations.values()) store(memory, entry);
    },
  };
}

function quietState({ tenantId, checkId, location }: CheckAt): CheckState {
  return {
    tenantId,
    checkId,
    location,
    lastSequence: 0,
    lastRunAtMs: 0,
    failures: 0,
    firstFailureAtMs: 0,
    goods: 0,
    firstGoodAtMs: 0,
    streak: [],
    held: false,
    incidentId: "",
  };
}

function lookUp(entries: Entries, at: CheckAt): Entry | undefined {
  return entries.get(keyOf(at))?.get(at.location);
}

function store(entries: Entries, entry: Entry): void {
  const key = keyOf(entry.state);
  const locations = entries.get(key);
  if (locations) locations.set(entry.state.location, entry);
  else entries.set(key, new Map([[entry.state.location, entry]]));
}

function keyOf({ tenantId, checkId }: { tenantId: string; checkId: string }): string {
  return `${tenantId} ${checkId}`;
}
