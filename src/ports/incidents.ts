/**
 * Where incidents are kept, with what the decisions remember of each check and the events that wait for the queue.
 * Owned by the incident role. Times are epoch milliseconds, whole numbers, 0 for never.
 */
export interface Cause {
  errorHash: string;
  kind: string;
  message: string;
  firstSeenAtMs: number;
  lastSeenAtMs: number;
  occurrences: number;
}

export interface TimelineEntry {
  id: string;
  atMs: number;
  type: string;
  /** `usr_…`, `key_…` or "system". */
  actor: string;
  reason: string;
  message: string;
}

export type IncidentState = "open" | "acknowledged" | "resolved";
export type Severity = "critical" | "warning";

export interface Incident {
  id: string;
  tenantId: string;
  checkId: string;
  checkName: string;
  /** Where the run was made that opened it. */
  location: string;
  state: IncidentState;
  severity: Severity;
  /** The error that began it. */
  errorHash: string;
  startedAtMs: number;
  endedAtMs: number;
  openedAtMs: number;
  acknowledgedAtMs: number;
  resolvedAtMs: number;
  /** "" while it is active, "system" when the check recovered, else the person who closed it. */
  resolvedBy: string;
  occurrences: number;
  suppressedBy: string;
  causes: Cause[];
  /** Sequence of the newest event of this incident; 0 before the first. */
  eventSequence: number;
  /** The check at the newest event that a run caused, serialised and without secrets: events that a person causes carry it too. */
  checkBody: Uint8Array;
}

/** A failing run that no incident has taken in yet, or several with the same error. */
export interface StreakCause extends Cause {
  severity: Severity;
}

/** What the decisions remember of a check at one location. */
export interface LocationState {
  location: string;
  /** Place in core's log of the newest run that was taken in: what is not after it was seen already. 0 before the first. */
  lastSequence: number;
  /** When that run began. */
  lastRunAtMs: number;
  /** The newest three distances between runs. Their median is the period: one run by hand or one pause does not change it. */
  gapsMs: number[];
  /** Runs at other locations since its own newest one. */
  missed: number;
  /** Failing runs in a row, and when the outage that they belong to began here. */
  failures: number;
  firstFailureAtMs: number;
  /** Good runs in a row that count towards a recovery, and when the first of them began. */
  goods: number;
  firstGoodAtMs: number;
  /** What failed and is not yet part of an incident. */
  streak: StreakCause[];
  /** What this location says: enough failing runs in a row make it true, enough good ones false. */
  down: boolean;
  /** The newest 21 runs as bits, 1 for failing, the newest lowest. */
  history: number;
  flapping: boolean;
}

/** What the decisions remember of one check. */
export interface CheckState {
  tenantId: string;
  checkId: string;
  /** Those that were heard of since the check first failed. */
  locations: LocationState[];
  /** Enough locations flap. */
  flapping: boolean;
  /** A person resolved the incident while the check was failing, and no good run has come since. */
  held: boolean;
  /** The maintenance window in which the newest failing run fell; "" after a run outside of any. */
  maintenance: string;
  /** The newest incident, active or resolved; "" when there was none. */
  incidentId: string;
}

export interface StoredState {
  state: CheckState;
  /** The incident `state.incidentId` names, with its causes; undefined when it is gone or there was none. */
  incident: Incident | undefined;
}

export interface IncidentChange {
  incident: Incident;
  /** The causes that are new or differ; the others stay as they are stored. */
  causes: Cause[];
  /** New entries. */
  timeline: TimelineEntry[];
}

/** An event for the queue `notifications`, already serialised. */
export interface OutboxEvent {
  id: string;
  tenantId: string;
  body: Uint8Array;
}

export interface IncidentChanges {
  incidents: IncidentChange[];
  states: CheckState[];
  events: OutboxEvent[];
}

export interface IncidentFilter {
  /** "active" is open or acknowledged; undefined is all. */
  state: IncidentState | "active" | undefined;
  checkId: string | undefined;
  /** Only incidents with a lower id. */
  before: string | undefined;
  limit: number;
}

export interface OpenCounts {
  critical: number;
  warning: number;
}

export interface IncidentStore {
  /**
   * Writes all of it or nothing, and resolves when it is on disk. Refuses (`already_exists`) a second active incident of
   * one check.
   */
  commit(changes: IncidentChanges): Promise<void>;
  /** The states of all tenants, for the start. */
  loadStates(): Promise<StoredState[]>;
  /** With causes (oldest first) and timeline (in order of writing). */
  get(tenantId: string, id: string): Promise<{ incident: Incident; timeline: TimelineEntry[] } | undefined>;
  /** Newest first, with causes. */
  list(tenantId: string, filter: IncidentFilter): Promise<Incident[]>;
  /** Incidents that are not resolved, of one tenant or of all but the platform's own. */
  countActive(tenantId: string | undefined): Promise<OpenCounts>;
  /** The oldest events that wait, in the order in which they were committed. */
  waitingEvents(limit: number): Promise<OutboxEvent[]>;
  /** Forgets events that the queue has taken. */
  removeEvents(ids: string[]): Promise<void>;
  /**
   * Deletes incidents resolved before `beforeMs` with all that belongs to them, and quiet states that no run has touched since;
   * at most `limit` of each. Gives how many incidents.
   */
  deleteBefore(beforeMs: number, limit: number): Promise<number>;
  /** Deletes all of a tenant that opened before, active or not, and its states that no run has touched since. */
  deleteOfTenant(tenantId: string, beforeMs: number): Promise<void>;
}
