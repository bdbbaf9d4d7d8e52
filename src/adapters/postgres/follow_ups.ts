import type { FollowUp, FollowUpStore } from "#ports/follow_ups";
import type { PostgresStore } from "./connection.ts";

interface Row {
  body: string;
}

export function createPostgresFollowUpStore(store: PostgresStore): FollowUpStore {
  return {
    async put(followUp) {
      const { tenantId, incidentId, dueAtMs } = followUp;
      const sql = `INSERT INTO notification_follow_ups (tenant_id, incident_id, due_at_ms, body) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, incident_id) DO UPDATE SET due_at_ms = excluded.due_at_ms, body = excluded.body`;
      await store.run(sql, [tenantId, incidentId, dueAtMs, JSON.stringify(followUp)]);
    },
    async replace(after, before) {
      const { tenantId, incidentId, dueAtMs } = after;
      const sql = "UPDATE notification_follow_ups SET due_at_ms = $1, body = $2 WHERE tenant_id = $3 AND incident_id = $4 AND body = $5";
      return (await store.run(sql, [dueAtMs, JSON.stringify(after), tenantId, incidentId, JSON.stringify(before)])) === 1;
    },
    async find(tenantId, incidentId) {
      const row = await store.get<Row>("SELECT body FROM notification_follow_ups WHERE tenant_id = $1 AND incident_id = $2", [tenantId, incidentId]);
      return row && followUpOf(row);
    },
    async remove(tenantId, incidentId) {
      // Most incidents that end have one; those that do not need no commit.
      if ((await this.find(tenantId, incidentId)) === undefined) return;
      await store.run("DELETE FROM notification_follow_ups WHERE tenant_id = $1 AND incident_id = $2", [tenantId, incidentId]);
    },
    async due(nowMs, limit) {
      const sql = "SELECT body FROM notification_follow_ups WHERE due_at_ms > 0 AND due_at_ms <= $1 ORDER BY due_at_ms LIMIT $2";
      return (await store.all<Row>(sql, [nowMs, limit])).map(followUpOf);
    },
    async nextDueAtMs() {
      return (await store.get<{ due: number }>("SELECT due_at_ms AS due FROM notification_follow_ups WHERE due_at_ms > 0 ORDER BY due_at_ms LIMIT 1"))?.due;
    },
    async list(tenantId) {
      return (await store.all<Row>("SELECT body FROM notification_follow_ups WHERE tenant_id = $1 ORDER BY incident_id", [tenantId])).map(followUpOf);
    },
    // Not in SQL, whose JSON has another order of fields: `replace` compares the text.
    async shift(byMs) {
      await store.write(async (tx) => {
        const followUps = (await tx.all<Row>("SELECT body FROM notification_follow_ups ORDER BY tenant_id, incident_id FOR UPDATE")).map(followUpOf);
        const shifted = followUps.map((one) => ({ ...one, openedAtMs: one.openedAtMs + byMs, remindedAtMs: one.remindedAtMs + byMs }));
        await tx.run(
          `UPDATE notification_follow_ups SET due_at_ms = 1, body = moved.body
           FROM unnest($1::text[], $2::text[], $3::text[]) AS moved (tenant, incident, body) WHERE tenant_id = tenant AND incident_id = incident`,
          [shifted.map((one) => one.tenantId), shifted.map((one) => one.incidentId), shifted.map((one) => JSON.stringify(one))],
        );
      });
    },
  };
}

function followUpOf({ body }: Row): FollowUp {
  return JSON.parse(body) as FollowUp;
}
