/** Incidents in PostgreSQL. Everything of one `commit` runs inside one transaction, so it stands or falls together. */
import { failpoint } from "#kernel/failpoint";
import type { Cause, CheckState, Incident, IncidentChange, IncidentStore, OpenCounts, OutboxEvent, TimelineEntry } from "#ports/incidents";
import { platformTenant } from "#ports/platform_tenant";
import { incidentOf, type IncidentRow, insertEntry, listOf, stateColumns, stateOf, type StateRow, upsertCause, upsertIncident } from "#ports/rows/incidents";
import type { PostgresStore, Reader, Transaction } from "./connection.ts";
import { withoutNul } from "./nul.ts";

export function createPostgresIncidentStore(store: PostgresStore): IncidentStore {
  return {
    commit: ({ incidents, states, events }) =>
      store.write(async (tx) => {
        for (const change of incidents) await writeIncident(tx, change);
        await writeStates(tx, states);
        failpoint("mid_incident_commit");
        for (const event of events) await writeEvent(tx, event);
      }),

    async loadStates() {
      const rows = await store.all<StateRow>("SELECT * FROM incident_check_states");
      const named = await store.all<IncidentRow>(
        "SELECT incidents.* FROM incident_check_states AS states JOIN incidents ON incidents.id = states.incident_id AND incidents.tenant_id = states.tenant_id",
      );
      const incidents = new Map((await withCauses(store, named)).map((incident) => [incident.id, incident]));
      return rows.map((row) => {
        const incident = incidents.get(row.incident_id);
        return { state: stateOf(row), incident: incident?.tenantId === row.tenant_id ? incident : undefined };
      });
    },

    async get(tenantId, id) {
      const [incident] = await withCauses(store, await store.all<IncidentRow>("SELECT * FROM incidents WHERE tenant_id = $1 AND id = $2", [tenantId, id]));
      return incident && { incident, timeline: await timelineOf(store, tenantId, id) };
    },

    async list(tenantId, filter) {
      const { sql, values } = listOf(tenantId, filter);
      return withCauses(store, await store.all<IncidentRow>(sql, values));
    },

    async countActive(tenantId) {
      const where = `AND tenant_id ${tenantId === undefined ? "<>" : "="} $tenantId`;
      const sql = `SELECT severity, count(*) AS count FROM incidents WHERE state <> 'resolved' ${where} GROUP BY severity`;
      const counts: OpenCounts = { critical: 0, warning: 0 };
      for (const row of await store.all<{ severity: keyof OpenCounts; count: number }>(sql, { tenantId: tenantId ?? platformTenant })) counts[row.severity] = row.count;
      return counts;
    },

    async waitingEvents(limit) {
      const rows = await store.all<{ id: string; tenant_id: string; body: Uint8Array }>("SELECT id, tenant_id, body FROM incident_outbox ORDER BY position LIMIT $1", [limit]);
      return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id, body: bytesOf(row.body) }));
    },

    async removeEvents(ids) {
      await store.run("DELETE FROM incident_outbox WHERE id = ANY($1::text[])", [ids]);
    },

    deleteBefore: (beforeMs, limit) =>
      store.write(async (tx) => {
        await tx.run(deleteQuietStates, { beforeMs, limit });
        return tx.run(deleteResolved, { beforeMs, limit });
      }),

    deleteOfTenant: (tenantId, beforeMs) =>
      store.write(async (tx) => {
        await tx.run("DELETE FROM incidents WHERE tenant_id = $1 AND opened_at < $2", [tenantId, beforeMs]);
        await tx.run("DELETE FROM incident_check_states WHERE tenant_id = $1 AND last_run_at < $2", [tenantId, beforeMs]);
      }),
  };
}

const upsertStates = `
  INSERT INTO incident_check_states (tenant_id, check_id, last_run_at, failing, flapping, held, maintenance, incident_id, locations)
  SELECT * FROM unnest($tenantIds::text[], $checkIds::text[], $lastRunsAtMs::bigint[], $failing::boolean[], $flapping::boolean[], $held::boolean[],
    $maintenance::text[], $incidentIds::text[], $locations::text[])
  ON CONFLICT (tenant_id, check_id) DO UPDATE SET last_run_at = excluded.last_run_at, failing = excluded.failing, flapping = excluded.flapping,
    held = excluded.held, maintenance = excluded.maintenance, incident_id = excluded.incident_id, locations = excluded.locations`;

// Causes and timeline go with it: their foreign keys cascade.
const deleteResolved = `
  DELETE FROM incidents WHERE id IN
    (SELECT id FROM incidents WHERE state = 'resolved' AND resolved_at < $beforeMs ORDER BY resolved_at LIMIT $limit)`;

const deleteQuietStates = `
  DELETE FROM incident_check_states WHERE (tenant_id, check_id) IN
    (SELECT tenant_id, check_id FROM incident_check_states AS quiet
     WHERE NOT failing AND last_run_at < $beforeMs
       AND NOT EXISTS (SELECT 1 FROM incidents WHERE id = quiet.incident_id AND state <> 'resolved')
     LIMIT $limit)`;

async function writeIncident(tx: Transaction, { incident, causes, timeline }: IncidentChange): Promise<void> {
  const { causes: _all, ...columns } = incident;
  await tx.run(upsertIncident, withoutNul(columns));
  const owner = { incidentId: incident.id, tenantId: incident.tenantId };
  for (const cause of causes) await tx.run(upsertCause, withoutNul({ ...owner, ...cause }));
  for (const entry of timeline) await tx.run(insertEntry, withoutNul({ ...owner, ...entry }));
}

/** In one statement: a commit may bring thousands, of which the last stands for each check. */
async function writeStates(tx: Transaction, states: readonly CheckState[]): Promise<void> {
  const last = [...new Map(states.map((state) => [`${state.tenantId} ${state.checkId}`, state])).values()].map(stateColumns);
  if (last.length === 0) return;
  await tx.run(upsertStates, {
    tenantIds: last.map(({ tenantId }) => tenantId),
    checkIds: last.map(({ checkId }) => checkId),
    lastRunsAtMs: last.map(({ lastRunAtMs }) => lastRunAtMs),
    failing: last.map(({ failing }) => failing),
    flapping: last.map(({ flapping }) => flapping),
    held: last.map(({ held }) => held),
    maintenance: last.map(({ maintenance }) => maintenance),
    incidentIds: last.map(({ incidentId }) => incidentId),
    locations: last.map(({ locations }) => locations),
  });
}

async function writeEvent(tx: Transaction, event: OutboxEvent): Promise<void> {
  await tx.run("INSERT INTO incident_outbox (id, tenant_id, body) VALUES ($1, $2, $3)", [event.id, event.tenantId, event.body]);
}

/** Each with its causes, oldest first. */
async function withCauses(reader: Reader, rows: readonly IncidentRow[]): Promise<Incident[]> {
  if (rows.length === 0) return [];
  const causes = await reader.all<Cause & { incidentId: string; tenantId: string }>(
    `SELECT incident_id AS "incidentId", tenant_id AS "tenantId", error_hash AS "errorHash", kind, message, first_seen_at AS "firstSeenAtMs",
       last_seen_at AS "lastSeenAtMs", occurrences
     FROM incident_causes WHERE incident_id = ANY($1::text[]) ORDER BY first_seen_at, error_hash`,
    [rows.map(({ id }) => id)],
  );
  const byIncident = Map.groupBy(causes, ({ incidentId }) => incidentId);
  return rows.map((row) => {
    const own = (byIncident.get(row.id) ?? []).filter(({ tenantId }) => tenantId === row.tenant_id);
    return incidentOf({ ...row, check_body: bytesOf(row.check_body) }, own.map(({ incidentId: _id, tenantId: _tenant, ...cause }) => cause));
  });
}

/** The client gives a Buffer, which is not what it was. */
function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

function timelineOf(reader: Reader, tenantId: string, incidentId: string): Promise<TimelineEntry[]> {
  return reader.all<TimelineEntry>(
    `SELECT id, at AS "atMs", type, actor, reason, message FROM incident_timeline WHERE incident_id = $1 AND tenant_id = $2 ORDER BY id`,
    [incidentId, tenantId],
  );
}
