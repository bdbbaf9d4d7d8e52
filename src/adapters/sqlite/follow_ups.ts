import type { FollowUp, FollowUpStore } from "#ports/follow_ups";
import type { SqliteStore } from "./connection.ts";

interface Row {
  body: string;
}

export function createSqliteFollowUpStore(store: SqliteStore): FollowUpStore {
  return {
    async put(followUp) {
      const { tenantId, incidentId, dueAtMs } = followUp;
      const sql = "INSERT OR REPLACE INTO notification_follow_ups (tenant_id, incident_id, due_at_ms, body) VALUES (?, ?, ?, ?)";
      await store.write((tx) => tx.run(sql, [tenantId, incidentId, dueAtMs, JSON.stringify(followUp)]));
    },
    async replace(after, before) {
      const { tenantId, incidentId, dueAtMs } = after;
      const sql = "UPDATE notification_follow_ups SET due_at_ms = ?, body = ? WHERE tenant_id = ? AND incident_id = ? AND body = ?";
      return (await store.write((tx) => tx.run(sql, [dueAtMs, JSON.stringify(after), tenantId, incidentId, JSON.stringify(before)]))) === 1;
    },
    async find(tenantId, incidentId) {
      const row = store.get<Row>("SELECT body FROM notification_follow_ups WHERE tenant_id = ? AND incident_id = ?", [tenantId, incidentId]);
      return row && followUpOf(row);
    },
    async remove(tenantId, incidentId) {
      // Most incidents that end have one; those that do not need no commit.
      if ((await this.find(tenantId, incidentId)) === undefined) return;
      await store.write((tx) => tx.run("DELETE FROM notification_follow_ups WHERE tenant_id = ? AND incident_id = ?", [tenantId, incidentId]));
    },
    async due(nowMs, limit) {
      const sql = "SELECT body FROM notification_follow_ups WHERE due_at_ms > 0 AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?";
      return store.all<Row>(sql, [nowMs, limit]).map(followUpOf);
    },
    async nextDueAtMs() {
      return store.get<{ due: number }>("SELECT due_at_ms AS due FROM notification_follow_ups WHERE due_at_ms > 0 ORDER BY due_at_ms LIMIT 1")?.due;
    },
    async list(tenantId) {
      return store.all<Row>("SELECT body FROM notification_follow_ups WHERE tenant_id = ? ORDER BY incident_id", [tenantId]).map(followUpOf);
    },
    async shift(byMs) {
      const moved = (field: string) => `'$.${field}', json_extract(body, '$.${field}') + $byMs`;
      const sql = `UPDATE notification_follow_ups SET due_at_ms = 1, body = json_set(body, ${moved("openedAtMs")}, ${moved("remindedAtMs")})`;
      await store.write((tx) => tx.run(sql, { byMs }));
    },
  };
}

function followUpOf({ body }: Row): FollowUp {
  return JSON.parse(body) as FollowUp;
}
