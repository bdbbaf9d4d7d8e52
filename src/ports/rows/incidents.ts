/** Incidents, their causes and timelines, and the states of checks as both SQL adapters keep them. */
import type { Cause, CheckState, Incident, IncidentFilter, LocationState } from "../incidents.ts";

export interface IncidentRow {
  id: string;
  tenant_id: string;
  check_id: string;
  check_name: string;
  location: string;
  state: Incident["state"];
  severity: Incident["severity"];
  error_hash: string;
  started_at: number;
  ended_at: number;
  opened_at: number;
  acknowledged_at: number;
  resolved_at: number;
  resolved_by: string;
  occurrences: number;
  suppressed_by: string;
  event_sequence: number;
  check_body: Uint8Array;
}

export interface StateRow {
  tenant_id: string;
  check_id: string;
  /** SQLite gives 0 or 1. */
  flapping: boolean | number;
  held: boolean | number;
  maintenance: string;
  incident_id: string;
  locations: string;
}

// The row of an incident never moves to another tenant: the condition makes a forged id change nothing.
export const upsertIncident = `
  INSERT INTO incidents (id, tenant_id, check_id, check_name, location, state, severity, error_hash, started_at, ended_at, opened_at,
    acknowledged_at, resolved_at, resolved_by, occurrences, suppressed_by, event_sequence, check_body)
  VALUES ($id, $tenantId, $checkId, $checkName, $location, $state, $severity, $errorHash, $startedAtMs, $endedAtMs, $openedAtMs,
    $acknowledgedAtMs, $resolvedAtMs, $resolvedBy, $occurrences, $suppressedBy, $eventSequence, $checkBody)
  ON CONFLICT (id) DO UPDATE SET state = $state, severity = $severity, ended_at = $endedAtMs, acknowledged_at = $acknowledgedAtMs,
    resolved_at = $resolvedAtMs, resolved_by = $resolvedBy, occurrences = $occurrences, suppressed_by = $suppressedBy,
    event_sequence = $eventSequence, check_body = $checkBody
  WHERE incidents.tenant_id = $tenantId`;

export const upsertCause = `
  INSERT INTO incident_causes (incident_id, tenant_id, error_hash, kind, message, first_seen_at, last_seen_at, occurrences)
  VALUES ($incidentId, $tenantId, $errorHash, $kind, $message, $firstSeenAtMs, $lastSeenAtMs, $occurrences)
  ON CONFLICT (incident_id, error_hash) DO UPDATE SET message = $message, last_seen_at = $lastSeenAtMs, occurrences = $occurrences
  WHERE incident_causes.tenant_id = $tenantId`;

export const insertEntry = `
  INSERT INTO incident_timeline (incident_id, id, tenant_id, at, type, actor, reason, message)
  VALUES ($incidentId, $id, $tenantId, $atMs, $type, $actor, $reason, $message)`;

export function incidentOf(row: IncidentRow, causes: Cause[]): Incident {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    checkId: row.check_id,
    checkName: row.check_name,
    location: row.location,
    state: row.state,
    severity: row.severity,
    errorHash: row.error_hash,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
    openedAtMs: row.opened_at,
    acknowledgedAtMs: row.acknowledged_at,
    resolvedAtMs: row.resolved_at,
    resolvedBy: row.resolved_by,
    occurrences: row.occurrences,
    suppressedBy: row.suppressed_by,
    causes,
    eventSequence: row.event_sequence,
    checkBody: row.check_body,
  };
}

export function stateOf(row: StateRow): CheckState {
  return {
    tenantId: row.tenant_id,
    checkId: row.check_id,
    locations: JSON.parse(row.locations) as LocationState[],
    flapping: Boolean(row.flapping),
    held: Boolean(row.held),
    maintenance: row.maintenance,
    incidentId: row.incident_id,
  };
}

export function stateColumns({ tenantId, checkId, flapping, held, maintenance, incidentId, locations }: CheckState) {
  return {
    tenantId,
    checkId,
    lastRunAtMs: Math.max(0, ...locations.map((each) => each.lastRunAtMs)),
    failing: locations.some((each) => each.failures > 0),
    flapping,
    held,
    maintenance,
    incidentId,
    locations: JSON.stringify(locations),
  };
}

/** The statement for a list, with its values. */
export function listOf(tenantId: string, filter: IncidentFilter): { sql: string; values: Record<string, string | number> } {
  const where = ["tenant_id = $tenantId"];
  const values: Record<string, string | number> = { tenantId, limit: filter.limit };
  const add = (condition: string, name: string, value: string) => {
    where.push(condition);
    values[name] = value;
  };
  if (filter.state === "active") where.push("state <> 'resolved'");
  else if (filter.state !== undefined) add("state = $state", "state", filter.state);
  if (filter.checkId !== undefined) add("check_id = $checkId", "checkId", filter.checkId);
  if (filter.before !== undefined) add("id < $before", "before", filter.before);
  return { sql: `SELECT * FROM incidents WHERE ${where.join(" AND ")} ORDER BY id DESC LIMIT $limit`, values };
}
