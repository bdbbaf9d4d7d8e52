/** Incidents in SQLite. Everything of one `commit` runs inside one write of the store, so it stands or falls together. */
import { failpoint } from "#kernel/failpoint";
import type { Cause, Incident, IncidentChange, IncidentStore, OpenCounts, OutboxEvent, TimelineEntry } from "#ports/incidents";
import { platformTenant } from "#ports/platform_tenant";
import { incidentOf, type IncidentRow, insertEntry, listOf, stateColumns, stateOf, type StateRow, upsertCause, upsertIncident } from "#ports/rows/incidents";
import type { Reader, SqliteStore, Transaction } from "./connection.ts";

export function createSqliteIncidentStore(store: SqliteStore): IncidentStore {
  return {
    commit: ({ incidents, states, events }) =>
      store.write((tx) => {
        for (const change of incidents) writeIncident(tx, change);
        for (const state of states) tx.run(upsertState, stateColumns(state));
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
      const { sql, values } = listOf(tenantId, filter);
      return store.all<IncidentRow>(sql, values).map((row) => withCauses(store, row));
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

function writeEvent(tx: Transaction, event: OutboxEvent): void {
  tx.run("INSERT INTO incident_outbox (id, tenant_id, body) VALUES (?, ?, ?)", [event.id, event.tenantId, event.body]);
}

function findIncident(reader: Reader, tenantId: string, id: string): Incident | undefined {
  const row = reader.get<IncidentRow>("SELECT * FROM incidents WHERE tenant_id = ? AND id = ?", [tenantId, id]);
  return row && withCauses(reader, row);
}

function withCauses(reader: Reader, row: IncidentRow): Incident {
  const causes = reader.all<Cause>(
    `SELECT error_hash AS errorHash, kind, message, first_seen_at AS firstSeenAtMs, last_seen_at AS lastSeenAtMs, occurrences
     FROM incident_causes WHERE incident_id = ? AND tenant_id = ? ORDER BY first_seen_at, error_hash`,
    [row.id, row.tenant_id],
  );
  return incidentOf(row, causes);
}

function timelineOf(reader: Reader, tenantId: string, incidentId: string): TimelineEntry[] {
  return reader.all<TimelineEntry>(
    "SELECT id, at AS atMs, type, actor, reason, message FROM incident_timeline WHERE incident_id = ? AND tenant_id = ? ORDER BY id",
    [incidentId, tenantId],
  );
}
