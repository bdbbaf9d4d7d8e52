import type { RouteStore } from "#ports/routes";
import { columnsOf, insertRoute, replaceRoute, routeOf, type RouteRow } from "#ports/rows/routes";
import type { SqliteStore } from "./connection.ts";

export function createSqliteRouteStore(store: SqliteStore): RouteStore {
  return {
    async insert(route) {
      await store.write((tx) => tx.run(insertRoute, columnsOf(route)));
    },
    async find(tenantId, id) {
      const row = store.get<RouteRow>("SELECT body FROM notification_routes WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && routeOf(row);
    },
    async replace(route, seenVersion) {
      return (await store.write((tx) => tx.run(replaceRoute, { ...columnsOf(route), seenVersion }))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM notification_routes WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId) {
      return store.all<RouteRow>("SELECT body FROM notification_routes WHERE tenant_id = ? ORDER BY position, id", [tenantId]).map(routeOf);
    },
  };
}
