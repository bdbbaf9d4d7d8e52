import type { Route, RouteStore } from "#ports/routes";
import type { SqliteStore } from "./connection.ts";

interface Row {
  body: string;
}

export function createSqliteRouteStore(store: SqliteStore): RouteStore {
  return {
    async insert(route) {
      await store.write((tx) =>
        tx.run("INSERT INTO notification_routes (id, tenant_id, position, body, version) VALUES ($id, $tenantId, $position, $body, $version)", columnsOf(route)),
      );
    },
    async find(tenantId, id) {
      const row = store.get<Row>("SELECT body FROM notification_routes WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && routeOf(row);
    },
    async replace(route, seenVersion) {
      const sql = `UPDATE notification_routes SET position = $position, body = $body, version = $version
        WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;
      return (await store.write((tx) => tx.run(sql, { ...columnsOf(route), seenVersion }))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM notification_routes WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId) {
      return store.all<Row>("SELECT body FROM notification_routes WHERE tenant_id = ? ORDER BY position, id", [tenantId]).map(routeOf);
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
