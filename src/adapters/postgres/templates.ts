import type { StoredTemplate, TemplateStore } from "#ports/templates";
import type { PostgresStore } from "./connection.ts";

interface Row {
  tenant_id: string;
  name: string;
  text: string;
  updated_at_ms: number;
  updated_by: string;
}

export function createPostgresTemplateStore(store: PostgresStore): TemplateStore {
  return {
    async list(tenantId) {
      return (await store.all<Row>("SELECT * FROM notification_templates WHERE tenant_id = $1 ORDER BY name", [tenantId])).map(templateOf);
    },
    async put(template) {
      await store.run(`INSERT INTO notification_templates (tenant_id, name, text, updated_at_ms, updated_by) VALUES ($tenantId, $name, $text, $updatedAtMs, $updatedBy)
           ON CONFLICT (tenant_id, name) DO UPDATE SET text = excluded.text, updated_at_ms = excluded.updated_at_ms, updated_by = excluded.updated_by`,
          { ...template },);
    },
    async remove(tenantId, name) {
      return (await store.run("DELETE FROM notification_templates WHERE tenant_id = $1 AND name = $2", [tenantId, name])) === 1;
    },
  };
}

function templateOf(row: Row): StoredTemplate {
  return { tenantId: row.tenant_id, name: row.name, text: row.text, updatedAtMs: row.updated_at_ms, updatedBy: row.updated_by };
}
