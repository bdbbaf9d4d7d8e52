import { createHash } from "node:crypto";
import type { MaintenanceSchedule, MaintenanceSpan, MaintenanceStore, MaintenanceWindow } from "#ports/maintenance";
import type { Matcher } from "#ports/matchers";
import type { SqliteStore } from "./connection.ts";

interface WindowRow {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  enabled: number;
  matchers: string;
  schedule: string;
  ended_at_ms: number;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

interface SpanRow {
  tenant_id: string;
  window_id: string;
  from_ms: number;
  to_ms: number;
  selection: string;
}

const ofSpan = "tenant_id = $tenantId AND window_id = $windowId AND from_ms = $fromMs";

export function createSqliteMaintenanceStore(store: SqliteStore): MaintenanceStore {
  const selection = (tenantId: string, hash: string): string[] => {
    const row = store.get<{ check_ids: string }>("SELECT check_ids FROM maintenance_selections WHERE tenant_id = ? AND hash = ?", [tenantId, hash]);
    return row ? (JSON.parse(row.check_ids) as string[]) : [];
  };
  const withChecks = (rows: SpanRow[]): MaintenanceSpan[] => {
    const lists = new Map<string, string[]>();
    return rows.map((row) => {
      const key = `${row.tenant_id} ${row.selection}`;
      const checkIds = lists.get(key) ?? selection(row.tenant_id, row.selection);
      lists.set(key, checkIds);
      return { tenantId: row.tenant_id, windowId: row.window_id, fromMs: row.from_ms, toMs: row.to_ms, checkIds };
    });
  };

  return {
    async insert(window) {
      await store.write((tx) =>
        tx.run(
          `INSERT INTO maintenance_windows (id, tenant_id, name, description, enabled, matchers, schedule, ended_at_ms, version, created_at_ms, updated_at_ms)
           VALUES ($id, $tenantId, $name, $description, $enabled, $matchers, $schedule, $endedAtMs, $version, $createdAtMs, $updatedAtMs)`,
          columnsOf(window),
        ),
      );
    },
    async find(tenantId, id) {
      const row = store.get<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && windowOf(row);
    },
    async replace(window, seenVersion) {
      const { createdAtMs: _, ...columns } = columnsOf(window);
      const changed = await store.write((tx) =>
        tx.run(
          `UPDATE maintenance_windows SET name = $name, description = $description, enabled = $enabled, matchers = $matchers, schedule = $schedule,
             ended_at_ms = $endedAtMs, version = $version, updated_at_ms = $updatedAtMs
           WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`,
          { ...columns, seenVersion },
        ),
      );
      return changed === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM maintenance_windows WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, cursor, limit) {
      return store.all<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?", [tenantId, cursor, limit]).map(windowOf);
    },
    async all() {
      return store.all<WindowRow>("SELECT * FROM maintenance_windows ORDER BY id").map(windowOf);
    },
    async putSpan({ tenantId, windowId, fromMs, toMs, checkIds }) {
      const list = JSON.stringify(checkIds);
      const hash = createHash("sha256").update(list).digest("base64url");
      await store.write((tx) => {
        tx.run("INSERT OR IGNORE INTO maintenance_selections (tenant_id, hash, check_ids) VALUES (?, ?, ?)", [tenantId, hash, list]);
        tx.run("INSERT OR REPLACE INTO maintenance_spans (tenant_id, window_id, from_ms, to_ms, selection) VALUES (?, ?, ?, ?, ?)", [tenantId, windowId, fromMs, toMs, hash]);
      });
    },
    async endSpan({ tenantId, windowId, fromMs }, toMs) {
      const key = { tenantId, windowId, fromMs };
      await store.write((tx) =>
        toMs > fromMs ? tx.run(`UPDATE maintenance_spans SET to_ms = $toMs WHERE ${ofSpan}`, { ...key, toMs }) : tx.run(`DELETE FROM maintenance_spans WHERE ${ofSpan}`, key),
      );
    },
    async lastSpans() {
      return withChecks(store.all<SpanRow>("SELECT tenant_id, window_id, max(from_ms) AS from_ms, to_ms, selection FROM maintenance_spans GROUP BY tenant_id, window_id"));
    },
    async spans(tenantId, fromMs, toMs) {
      return withChecks(
        store.all<SpanRow>("SELECT * FROM maintenance_spans WHERE tenant_id = ? AND to_ms > ? AND from_ms < ? ORDER BY from_ms, window_id", [tenantId, fromMs, toMs]),
      );
    },
    removeSpansBefore: (beforeMs, limit) =>
      store.write((tx) => {
        const removed = tx.run("DELETE FROM maintenance_spans WHERE rowid IN (SELECT rowid FROM maintenance_spans WHERE to_ms < ? LIMIT ?)", [beforeMs, limit]);
        if (removed > 0) {
          tx.run(
            `DELETE FROM maintenance_selections WHERE NOT EXISTS
               (SELECT 1 FROM maintenance_spans WHERE maintenance_spans.tenant_id = maintenance_selections.tenant_id AND selection = hash)`,
          );
        }
        return removed;
      }),
  };
}

function columnsOf(window: MaintenanceWindow) {
  return { ...window, enabled: Number(window.enabled), matchers: JSON.stringify(window.matchers), schedule: JSON.stringify(window.schedule) };
}

function windowOf(row: WindowRow): MaintenanceWindow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    description: row.description,
    enabled: row.enabled === 1,
    matchers: JSON.parse(row.matchers) as Matcher[],
    schedule: JSON.parse(row.schedule) as MaintenanceSchedule,
    endedAtMs: row.ended_at_ms,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
