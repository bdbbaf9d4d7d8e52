import { putTemplate, templateOf, type TemplateRow } from "#ports/rows/templates";
import type { TemplateStore } from "#ports/templates";
import type { SqliteStore } from "./connection.ts";

export function createSqliteTemplateStore(store: SqliteStore): TemplateStore {
  return {
    async list(tenantId) {
      return store.all<TemplateRow>("SELECT * FROM notification_templates WHERE tenant_id = ? ORDER BY name", [tenantId]).map(templateOf);
    },
    async put(template) {
      await store.write((tx) => tx.run(putTemplate, { ...template }));
    },
    async remove(tenantId, name) {
      return (await store.write((tx) => tx.run("DELETE FROM notification_templates WHERE tenant_id = ? AND name = ?", [tenantId, name]))) === 1;
    },
  };
}
