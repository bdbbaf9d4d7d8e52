import { putTemplate, templateOf, type TemplateRow } from "#ports/rows/templates";
import type { TemplateStore } from "#ports/templates";
import type { PostgresStore } from "./connection.ts";

export function createPostgresTemplateStore(store: PostgresStore): TemplateStore {
  return {
    async list(tenantId) {
      return (await store.all<TemplateRow>("SELECT * FROM notification_templates WHERE tenant_id = $1 ORDER BY name", [tenantId])).map(templateOf);
    },
    async put(template) {
      await store.run(putTemplate, { ...template });
    },
    async remove(tenantId, name) {
      return (await store.run("DELETE FROM notification_templates WHERE tenant_id = $1 AND name = $2", [tenantId, name])) === 1;
    },
  };
}
