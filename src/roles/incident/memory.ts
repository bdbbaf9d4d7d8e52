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

type Entries = Map<string, Entry>;

export interface Memory {
  find(tenantId: string, checkId: string): Entry | undefined;
  put(entry: Entry): void;
  draft(): Draft;
  /** Those that are not quiet, of one tenant or of all. */
  restless(tenantId: string | undefined): Entry[];
  /** Lets go of resolved incidents that can no longer reopen, and of quiet checks that have had no run since. */
  forget(resolvedBeforeMs: number, runBeforeMs: number): void;
}

export interface Draft {
  /** False when the check has no entry: it is quiet, and nothing is known of it. */
  knows(checkId: string): boolean;
  /** The entry as the draft has it; a new, quiet one when there is none. */
  find(tenantId: string, checkId: string): Entry;
  /** The state is what it was for all that a crash would need: only the memory learns of it. */
  note(entry: Entry): void;
  /** The state is written. */
  remember(entry: Entry): void;
  /** State and incident are written. */
  change(state: CheckState, change: IncidentChange): void;
  /** The incident gets entries in its timeline, and nothing else. */
  annotate(incident: Incident, entries: TimelineEntry[]): void;
  /** An event goes out with the draft. */
  announce(event: OutboxEvent): void;
  /** What is to be written; undefined when nothing is. */
  changes(): IncidentChanges | undefined;
  /** The draft is on disk: the memory takes it over. */
  settle(): void;
}

export function isQuiet({ state, incident }: Entry): boolean {
  return !state.flapping && !isActive(incident) && state.locations.every((each) => each.failures === 0 && !each.down);
}

export function createMemory(): Memory {
  const entries: Entries = new Map();
  return {
    find: (tenantId, checkId) => lookUp(entries, tenantId, checkId),
    put: (entry) => void entries.set(entry.state.checkId, entry),
    draft: () => createDraft(entries),
    restless: (tenantId) => [...entries.values()].filter((entry) => (tenantId === undefined || entry.state.tenantId === tenantId) && !isQuiet(entry)),
    forget(resolvedBeforeMs, runBeforeMs) {
      for (const [checkId, entry] of entries) {
        if (!isQuiet(entry)) continue;
        if (entry.incident && entry.incident.resolvedAtMs < resolvedBeforeMs) entry.incident = undefined;
        if (!entry.incident && entry.state.locations.every((each) => each.lastRunAtMs < runBeforeMs)) entries.delete(checkId);
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
    drafted.set(entry.state.checkId, entry);
    states.set(entry.state.checkId, entry.state);
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
    knows: (checkId) => drafted.has(checkId) || memory.has(checkId),
    find: (tenantId, checkId) => lookUp(drafted, tenantId, checkId) ?? lookUp(memory, tenantId, checkId) ?? { state: quietState(tenantId, checkId), incident: undefined },
    note: (entry) => void drafted.set(entry.state.checkId, entry),
    remember,
    change(state, change) {
      remember({ state: { ...state, incidentId: change.incident.id }, incident: change.incident });
      write(change);
    },
    annotate: (incident, timeline) => write({ incident, causes: [], timeline }),
    announce: (event) => void events.push(event),
    changes() {
      if (states.size === 0 && written.size === 0) return undefined;
      const incidents = [...written.values()].map((each) => ({ ...each, causes: [...each.causes.values()] }));
      return { incidents, states: [...states.values()], events };
    },
    settle() {
      for (const entry of drafted.values()) memory.set(entry.state.checkId, entry);
    },
  };
}

export function quietState(tenantId: string, checkId: string): CheckState {
  return { tenantId, checkId, locations: [], flapping: false, held: false, maintenance: "", incidentId: "" };
}

function lookUp(entries: Entries, tenantId: string, checkId: string): Entry | undefined {
  const entry = entries.get(checkId);
  return entry?.state.tenantId === tenantId ? entry : undefined;
}
