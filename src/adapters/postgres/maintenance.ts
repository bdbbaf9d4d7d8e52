import { createHash } from "node:crypto";
import type { MaintenanceSchedule, MaintenanceSpan, MaintenanceStore, MaintenanceWindow } from "#ports/maintenance";
import type { Matcher } from "#ports/matchers";
import type { PostgresStore } from "./connection.ts";
import { lockFor } from "./locks.ts";

interface WindowRow {
  id: string;
  tenant_id: string;
  name: string;
  description: string;
  enabled: boolean;
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
    return rows.map((row) => ({
      tenantId: row.tenant_id,
      windowId: row.window_id,
      fromMs: row.from_ms,
      toMs: row.to_ms,
      checkIds: lists.get(keyOf(row.tenant_id, row.selection)) ?? [],
    }));
  };

  return {
    async insert(window) {
      await store.run(`INSERT INTO maintenance_windows (id, tenant_id, name, description, enabled, matchers, schedule, ended_at_ms, version, created_at_ms, updated_at_ms)
           VALUES ($id, $tenantId, $name, $description, $enabled, $matchers, $schedule, $endedAtMs, $version, $createdAtMs, $updatedAtMs)`,
          columnsOf(window),);
    },
    async find(tenantId, id) {
      const row = await store.get<WindowRow>("SELECT * FROM maintenance_windows WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && windowOf(row);
    },
    async replace(window, seenVersion) {
      const { createdAtMs: _, ...columns } = columnsOf(window);
      const changed = await store.run(`UPDATE maintenance_windows SET name = $name, description = $description, enabled = $enabled, matchers = $matchers, schedule = $schedule,
             ended_at_ms = $endedAtMs, version = $version, updated_at_ms = $updatedAtMs
           WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`,
          { ...columns, seenVersion },);
      return changed === 1;
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
      const list = JSON.stringify(checkIds);
      const hash = createHash("sha256").update(list).digest("base64url");
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
      if (toMs > fromMs) await store.run(`UPDATE maintenance_spans SET to_ms = $toMs WHERE ${ofSpan}`, { ...key, toMs });
      else await store.run(`DELETE FROM maintenance_spans WHERE ${ofSpan}`, key);
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
        if (removed > 0) {
          await tx.run(
            `DELETE FROM maintenance_selections WHERE NOT EXISTS
               (SELECT 1 FROM maintenance_spans WHERE maintenance_spans.tenant_id = maintenance_selections.tenant_id AND selection = hash)`,
          );
        }
        return removed;
      }),
  };
}

function columnsOf(window: MaintenanceWindow) {
  return { ...window, enabled: window.enabled, matchers: JSON.stringify(window.matchers), schedule: JSON.stringify(window.schedule) };
}

function windowOf(row: WindowRow): MaintenanceWindow {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    matchers: JSON.parse(row.matchers) as Matcher[],
    schedule: JSON.parse(row.schedule) as MaintenanceSchedule,
    endedAtMs: row.ended_at_ms,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
