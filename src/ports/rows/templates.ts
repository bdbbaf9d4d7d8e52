/** Templates of messages as both SQL adapters keep them. */
import type { StoredTemplate } from "../templates.ts";

export interface TemplateRow {
  tenant_id: string;
  name: string;
  text: string;
  updated_at_ms: number;
  updated_by: string;
}

export const putTemplate = `
  INSERT INTO notification_templates (tenant_id, name, text, updated_at_ms, updated_by) VALUES ($tenantId, $name, $text, $updatedAtMs, $updatedBy)
  ON CONFLICT (tenant_id, name) DO UPDATE SET text = excluded.text, updated_at_ms = excluded.updated_at_ms, updated_by = excluded.updated_by`;

export function templateOf(row: TemplateRow): StoredTemplate {
  return { tenantId: row.tenant_id, name: row.name, text: row.text, updatedAtMs: row.updated_at_ms, updatedBy: row.updated_by };
}
