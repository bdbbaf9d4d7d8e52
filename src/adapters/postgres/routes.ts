import type { RouteStore } from "#ports/routes";
import { columnsOf, insertRoute, replaceRoute, routeOf, type RouteRow } from "#ports/rows/routes";
import type { PostgresStore } from "./connection.ts";

export function createPostgresRouteStore(store: PostgresStore): RouteStore {
  return {
    async insert(route) {
      await store.run(insertRoute, columnsOf(route));
    },
    async find(tenantId, id) {
      const row = await store.get<RouteRow>("SELECT body FROM notification_routes WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && routeOf(row);
    },
    async replace(route, seenVersion) {
      return (await store.run(replaceRoute, { ...columnsOf(route), seenVersion })) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM notification_routes WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId) {
      return (await store.all<RouteRow>("SELECT body FROM notification_routes WHERE tenant_id = $1 ORDER BY position, id", [tenantId])).map(routeOf);
    },
  };
}
