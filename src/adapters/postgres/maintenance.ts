import type { MaintenanceSpan, MaintenanceStore } from "#ports/maintenance";
import { columnsOf, endSpan, insertWindow, removeSpan, removeUnusedSelections, replaceWindow, selectionOf, spanOf, type SpanRow, windowOf, type WindowRow } from "#ports/rows/maintenance";
import type { PostgresStore } from "./connection.ts";
import { lockFor } from "./locks.ts";

export function createPostgresMaintenanceStore(store: PostgresStore): MaintenanceStore {
  const withChecks = async (rows: SpanRow[]): Promise<MaintenanceSpan[]> => {
    const keyOf = (tenantId: string, hash: string) => `${tenantId} ${hash}`;
    const wanted = new Map(rows.map((row) => [keyOf(row.tenant_id, row.selection), row]));
    const found = await store.all<{ tenant_id: string; hash: string; check_ids: string }>(
      `SELECT tenant_id, hash, check_ids FROM maintenance_selections
       WHERE (tenant_id, hash) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
      [[...wanted.values()].map((row) => row.tenant_id), [...wanted.values()].map((row) => row.selection)],
    );
    const lists = new Map(found.map((row) => [keyOf(row.tenant_id, row.hash), JSON.parse(row.check_ids) as string[]]));
    return rows.map((row) => spanOf(row, lists.get(keyOf(row.tenant_id, row.selection)) ?? []));
  };

  return {
    async insert(window) {
      await store.run(insertWindow, columnsOf(window));
    },
    async find(tenantId, id) {
      const row = await store.get<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && windowOf(row);
    },
    async replace(window, seenVersion) {
      return (await store.run(replaceWindow, { ...columnsOf(window), seenVersion })) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM maintenance_windows WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId, cursor, limit) {
      return (await store.all<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3", [tenantId, cursor, limit])).map(windowOf);
    },
    async all() {
      return (await store.all<WindowRow>("SELECT * FROM maintenance_windows ORDER BY id")).map(windowOf);
    },
    async putSpan({ tenantId, windowId, fromMs, toMs, checkIds }) {
      const { list, hash } = selectionOf(checkIds);
      await store.write(async (tx) => {
        // Or the list could be removed as unused before its span is seen.
        await lockFor(tx, "spans");
        await tx.run("INSERT INTO maintenance_selections (tenant_id, hash, check_ids) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [tenantId, hash, list]);
        await tx.run(
          `INSERT INTO maintenance_spans (tenant_id, window_id, from_ms, to_ms, selection) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, window_id, from_ms) DO UPDATE SET to_ms = excluded.to_ms, selection = excluded.selection`,
          [tenantId, windowId, fromMs, toMs, hash],
        );
      });
    },
    async endSpan({ tenantId, windowId, fromMs }, toMs) {
      const key = { tenantId, windowId, fromMs };
      if (toMs > fromMs) await store.run(endSpan, { ...key, toMs });
      else await store.run(removeSpan, key);
    },
    async lastSpans() {
      return withChecks(await store.all<SpanRow>("SELECT DISTINCT ON (tenant_id, window_id) * FROM maintenance_spans ORDER BY tenant_id, window_id, from_ms DESC"));
    },
    async spans(tenantId, fromMs, toMs) {
      return withChecks(
        await store.all<SpanRow>("SELECT * FROM maintenance_spans WHERE tenant_id = $1 AND to_ms > $2 AND from_ms < $3 ORDER BY from_ms, window_id", [tenantId, fromMs, toMs]),
      );
    },
    removeSpansBefore: (beforeMs, limit) =>
      store.write(async (tx) => {
        await lockFor(tx, "spans");
        const removed = await tx.run("DELETE FROM maintenance_spans WHERE ctid IN (SELECT ctid FROM maintenance_spans WHERE to_ms < $1 LIMIT $2)", [beforeMs, limit]);
        if (removed > 0) await tx.run(removeUnusedSelections);
        return removed;
      }),
  };
}
