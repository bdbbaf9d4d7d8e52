/** Routes as both SQL adapters keep them: whole, and beside it what they are found and ordered by. */
import type { Route } from "../routes.ts";

export interface RouteRow {
  body: string;
}

export const insertRoute = "INSERT INTO notification_routes (id, tenant_id, position, body, version) VALUES ($id, $tenantId, $position, $body, $version)";

export const replaceRoute = `
  UPDATE notification_routes SET position = $position, body = $body, version = $version
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

export function columnsOf(route: Route) {
  const { id, tenantId, position, version } = route;
  return { id, tenantId, position, version, body: JSON.stringify(route) };
}

export function routeOf({ body }: RouteRow): Route {
  return JSON.parse(body) as Route;
}
