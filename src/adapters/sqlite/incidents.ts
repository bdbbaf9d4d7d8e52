/** Incidents in SQLite. Everything of one `commit` runs inside one write of the store, so it stands or falls together. */
import { failpoint } from "#kernel/failpoint";
import type { Cause, CheckState, Incident, IncidentChange, IncidentFilter, IncidentStore, LocationState, OpenCounts, OutboxEvent, TimelineEntry } from "#ports/incidents";
import { platformTenant } from "#ports/platform_tenant";
import type { Reader, SqliteStore, Transaction } from "./connection.ts";

export function createSqliteIncidentStore(store: SqliteStore): IncidentStore {
  return {
    commit: ({ incidents, states, events }) =>
      store.write((tx) => {
        for (const change of incidents) writeIncident(tx, change);
        for (const state of states) writeState(tx, state);
        failpoint("mid_incident_commit");
        for (const event of events) writeEvent(tx, event);
      }),

    async loadStates() {
      const rows = store.all<StateRow>("SELECT * FROM incident_check_states");
      return rows.map((row) => {
        const incident = row.incident_id === "" ? undefined : findIncident(store, row.tenant_id, row.incident_id);
        return { state: stateOf(row), incident };
      });
    },

    async get(tenantId, id) {
      const incident = findIncident(store, tenantId, id);
      return incident && { incident, timeline: timelineOf(store, tenantId, id) };
    },

    async list(tenantId, filter) {
      return listRows(store, tenantId, filter).map((row) => withCauses(store, row));
    },

    async countActive(tenantId) {
      const where = `AND tenant_id ${tenantId === undefined ? "<>" : "="} $tenantId`;
      const sql = `SELECT severity, count(*) AS count FROM incidents WHERE state <> 'resolved' ${where} GROUP BY severity`;
      const counts: OpenCounts = { critical: 0, warning: 0 };
      for (const row of store.all<{ severity: keyof OpenCounts; count: number }>(sql, { tenantId: tenantId ?? platformTenant })) counts[row.severity] = row.count;
      return counts;
    },

    async waitingEvents(limit) {
      const rows = store.all<{ id: string; tenant_id: string; body: Uint8Array }>("SELECT id, tenant_id, body FROM incident_outbox ORDER BY position LIMIT ?", [limit]);
      return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id, body: row.body }));
    },

    removeEvents: (ids) =>
      store.write((tx) => {
        for (const id of ids) tx.run("DELETE FROM incident_outbox WHERE id = ?", [id]);
      }),

    deleteBefore: (beforeMs, limit) =>
      store.write((tx) => {
        tx.run(deleteQuietStates, { beforeMs, limit });
        return tx.all(deleteResolved, { beforeMs, limit }).length;
      }),

    deleteOfTenant: (tenantId, beforeMs) =>
      store.write((tx) => {
        tx.run("DELETE FROM incidents WHERE tenant_id = ? AND opened_at < ?", [tenantId, beforeMs]);
        tx.run("DELETE FROM incident_check_states WHERE tenant_id = ? AND last_run_at < ?", [tenantId, beforeMs]);
      }),
  };
}

interface IncidentRow {
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

interface StateRow {
  tenant_id: string;
  check_id: string;
  last_run_at: number;
  failing: number;
  flapping: number;
  held: number;
  maintenance: string;
  incident_id: string;
  locations: string;
}

// The row of an incident never moves to another tenant: the condition makes a forged id change nothing.
const upsertIncident = `
  INSERT INTO incidents (id, tenant_id, check_id, check_name, location, state, severity, error_hash, started_at, ended_at, opened_at,
    acknowledged_at, resolved_at, resolved_by, occurrences, suppressed_by, event_sequence, check_body)
  VALUES ($id, $tenantId, $checkId, $checkName, $location, $state, $severity, $errorHash, $startedAtMs, $endedAtMs, $openedAtMs,
    $acknowledgedAtMs, $resolvedAtMs, $resolvedBy, $occurrences, $suppressedBy, $eventSequence, $checkBody)
  ON CONFLICT (id) DO UPDATE SET state = $state, severity = $severity, ended_at = $endedAtMs, acknowledged_at = $acknowledgedAtMs,
    resolved_at = $resolvedAtMs, resolved_by = $resolvedBy, occurrences = $occurrences, suppressed_by = $suppressedBy,
    event_sequence = $eventSequence, check_body = $checkBody
  WHERE tenant_id = $tenantId`;

const upsertCause = `
  INSERT INTO incident_causes (incident_id, tenant_id, error_hash, kind, message, first_seen_at, last_seen_at, occurrences)
  VALUES ($incidentId, $tenantId, $errorHash, $kind, $message, $firstSeenAtMs, $lastSeenAtMs, $occurrences)
  ON CONFLICT (incident_id, error_hash) DO UPDATE SET message = $message, last_seen_at = $lastSeenAtMs, occurrences = $occurrences
  WHERE tenant_id = $tenantId`;

const insertEntry = `
  INSERT INTO incident_timeline (incident_id, id, tenant_id, at, type, actor, reason, message)
  VALUES ($incidentId, $id, $tenantId, $atMs, $type, $actor, $reason, $message)`;

const upsertState = `
  INSERT OR REPLACE INTO incident_check_states (tenant_id, check_id, last_run_at, failing, flapping, held, maintenance, incident_id, locations)
  VALUES ($tenantId, $checkId, $lastRunAtMs, $failing, $flapping, $held, $maintenance, $incidentId, $locations)`;

// Causes and timeline go with it: their foreign keys cascade. RETURNING, because the count of changes includes theirs.
const deleteResolved = `
  DELETE FROM incidents WHERE id IN
    (SELECT id FROM incidents WHERE state = 'resolved' AND resolved_at < $beforeMs ORDER BY resolved_at LIMIT $limit)
  RETURNING id`;

const deleteQuietStates = `
  DELETE FROM incident_check_states WHERE (tenant_id, check_id) IN
    (SELECT tenant_id, check_id FROM incident_check_states AS quiet
     WHERE failing = 0 AND last_run_at < $beforeMs
       AND NOT EXISTS (SELECT 1 FROM incidents WHERE id = quiet.incident_id AND state <> 'resolved')
     LIMIT $limit)`;

function writeIncident(tx: Transaction, { incident, causes, timeline }: IncidentChange): void {
  const { causes: _all, ...columns } = incident;
  tx.run(upsertIncident, columns);
  const owner = { incidentId: incident.id, tenantId: incident.tenantId };
  for (const cause of causes) tx.run(upsertCause, { ...owner, ...cause });
  for (const entry of timeline) tx.run(insertEntry, { ...owner, ...entry });
}

function writeState(tx: Transaction, state: CheckState): void {
  const { tenantId, checkId, maintenance, incidentId, locations } = state;
  tx.run(upsertState, {
    tenantId,
    checkId,
    lastRunAtMs: Math.max(0, ...locations.map((each) => each.lastRunAtMs)),
    failing: locations.some((each) => each.failures > 0) ? 1 : 0,
    flapping: state.flapping ? 1 : 0,
    held: state.held ? 1 : 0,
    maintenance,
    incidentId,
    locations: JSON.stringify(locations),
  });
}

function writeEvent(tx: Transaction, event: OutboxEvent): void {
  tx.run("INSERT INTO incident_outbox (id, tenant_id, body) VALUES (?, ?, ?)", [event.id, event.tenantId, event.body]);
}

function findIncident(reader: Reader, tenantId: string, id: string): Incident | undefined {
  const row = reader.get<IncidentRow>("SELECT * FROM incidents WHERE tenant_id = ? AND id = ?", [tenantId, id]);
  return row && withCauses(reader, row);
}

function listRows(reader: Reader, tenantId: string, filter: IncidentFilter): IncidentRow[] {
  const where = ["tenant_id = $tenantId"];
  const params: Record<string, string | number> = { tenantId, limit: filter.limit };
  const add = (condition: string, name: string, value: string) => {
    where.push(condition);
    params[name] = value;
  };
  if (filter.state === "active") where.push("state <> 'resolved'");
  else if (filter.state !== undefined) add("state = $state", "state", filter.state);
  if (filter.checkId !== undefined) add("check_id = $checkId", "checkId", filter.checkId);
  if (filter.before !== undefined) add("id < $before", "before", filter.before);
  return reader.all<IncidentRow>(`SELECT * FROM incidents WHERE ${where.join(" AND ")} ORDER BY id DESC LIMIT $limit`, params);
}

function withCauses(reader: Reader, row: IncidentRow): Incident {
  const causes = reader.all<Cause>(
    `SELECT error_hash AS errorHash, kind, message, first_seen_at AS firstSeenAtMs, last_seen_at AS lastSeenAtMs, occurrences
     FROM incident_causes WHERE incident_id = ? AND tenant_id = ? ORDER BY first_seen_at, error_hash`,
    [row.id, row.tenant_id],
  );
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

function timelineOf(reader: Reader, tenantId: string, incidentId: string): TimelineEntry[] {
  return reader.all<TimelineEntry>(
    "SELECT id, at AS atMs, type, actor, reason, message FROM incident_timeline WHERE incident_id = ? AND tenant_id = ? ORDER BY id",
    [incidentId, tenantId],
  );
}

function stateOf(row: StateRow): CheckState {
  return {
    tenantId: row.tenant_id,
    checkId: row.check_id,
    locations: JSON.parse(row.locations) as LocationState[],
    flapping: row.flapping === 1,
    held: row.held === 1,
    maintenance: row.maintenance,
    incidentId: row.incident_id,
  };
}
