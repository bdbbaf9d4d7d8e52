import type { MaintenanceSpan, MaintenanceStore } from "#ports/maintenance";
import { columnsOf, endSpan, insertWindow, removeSpan, removeUnusedSelections, replaceWindow, selectionOf, spanOf, type SpanRow, windowOf, type WindowRow } from "#ports/rows/maintenance";
import type { SqliteStore } from "./connection.ts";

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
      return spanOf(row, checkIds);
    });
  };

  return {
    async insert(window) {
      await store.write((tx) => tx.run(insertWindow, columnsOf(window)));
    },
    async find(tenantId, id) {
      const row = store.get<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && windowOf(row);
    },
    async replace(window, seenVersion) {
      return (await store.write((tx) => tx.run(replaceWindow, { ...columnsOf(window), seenVersion }))) === 1;
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
      const { list, hash } = selectionOf(checkIds);
      await store.write((tx) => {
        tx.run("INSERT OR IGNORE INTO maintenance_selections (tenant_id, hash, check_ids) VALUES (?, ?, ?)", [tenantId, hash, list]);
        tx.run("INSERT OR REPLACE INTO maintenance_spans (tenant_id, window_id, from_ms, to_ms, selection) VALUES (?, ?, ?, ?, ?)", [tenantId, windowId, fromMs, toMs, hash]);
      });
    },
    async endSpan({ tenantId, windowId, fromMs }, toMs) {
      const key = { tenantId, windowId, fromMs };
      await store.write((tx) => (toMs > fromMs ? tx.run(endSpan, { ...key, toMs }) : tx.run(removeSpan, key)));
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
        if (removed > 0) tx.run(removeUnusedSelections);
        return removed;
      }),
  };
}
