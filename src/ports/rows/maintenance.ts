/**
 * Maintenance windows and what they covered, as both SQL adapters keep them. The checks of a span are kept once for all spans over
 * the same ones, and found by the hash of their list.
 */
import { createHash } from "node:crypto";
import type { MaintenanceSchedule, MaintenanceSpan, MaintenanceWindow } from "../maintenance.ts";
import type { Matcher } from "../matchers.ts";

export interface WindowRow {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  /** SQLite gives 0 or 1. */
  enabled: boolean | number;
  matchers: string;
  schedule: string;
  ended_at_ms: number;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface SpanRow {
  tenant_id: string;
  window_id: string;
  from_ms: number;
  to_ms: number;
  selection: string;
}

export const insertWindow = `
  INSERT INTO maintenance_windows (id, tenant_id, name, description, enabled, matchers, schedule, ended_at_ms, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $name, $description, $enabled, $matchers, $schedule, $endedAtMs, $version, $createdAtMs, $updatedAtMs)`;

export const replaceWindow = `
  UPDATE maintenance_windows SET name = $name, description = $description, enabled = $enabled, matchers = $matchers, schedule = $schedule,
    ended_at_ms = $endedAtMs, version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

const ofSpan = "tenant_id = $tenantId AND window_id = $windowId AND from_ms = $fromMs";
export const endSpan = `UPDATE maintenance_spans SET to_ms = $toMs WHERE ${ofSpan}`;
export const removeSpan = `DELETE FROM maintenance_spans WHERE ${ofSpan}`;

export const removeUnusedSelections = `
  DELETE FROM maintenance_selections WHERE NOT EXISTS
    (SELECT 1 FROM maintenance_spans WHERE maintenance_spans.tenant_id = maintenance_selections.tenant_id AND selection = hash)`;

export function columnsOf(window: MaintenanceWindow) {
  return { ...window, matchers: JSON.stringify(window.matchers), schedule: JSON.stringify(window.schedule) };
}

export function windowOf(row: WindowRow): MaintenanceWindow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    description: row.description,
    enabled: Boolean(row.enabled),
    matchers: JSON.parse(row.matchers) as Matcher[],
    schedule: JSON.parse(row.schedule) as MaintenanceSchedule,
    endedAtMs: row.ended_at_ms,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

export function selectionOf(checkIds: readonly string[]): { list: string; hash: string } {
  const list = JSON.stringify(checkIds);
  return { list, hash: createHash("sha256").update(list).digest("base64url") };
}

export function spanOf(row: SpanRow, checkIds: string[]): MaintenanceSpan {
  return { tenantId: row.tenant_id, windowId: row.window_id, fromMs: row.from_ms, toMs: row.to_ms, checkIds };
}
