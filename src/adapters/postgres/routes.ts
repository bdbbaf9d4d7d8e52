import type { Route, RouteStore } from "#ports/routes";
import type { PostgresStore } from "./connection.ts";

interface Row {
  body: string;
}

export function createPostgresRouteStore(store: PostgresStore): RouteStore {
  return {
    async insert(route) {
      await store.run("INSERT INTO notification_routes (id, tenant_id, position, body, version) VALUES ($id, $tenantId, $position, $body, $version)", columnsOf(route));
    },
    async find(tenantId, id) {
      const row = await store.get<Row>("SELECT body FROM notification_routes WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && routeOf(row);
    },
    async replace(route, seenVersion) {
      const sql = `UPDATE notification_routes SET position = $position, body = $body, version = $version
        WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;
      return (await store.run(sql, { ...columnsOf(route), seenVersion })) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM notification_routes WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId) {
      return (await store.all<Row>("SELECT body FROM notification_routes WHERE tenant_id = $1 ORDER BY position, id", [tenantId])).map(routeOf);
    },
  };
}

function columnsOf(route: Route) {
  const { id, tenantId, position, version } = route;
  return { id, tenantId, position, version, body: JSON.stringify(route) };
}

function routeOf({ body }: Row): Route {
  return JSON.parse(body) as Route;
}
