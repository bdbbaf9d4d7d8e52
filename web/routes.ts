/** The routes of alerts, as they are read: in the order in which they are asked. */
import type { AlertRoute } from "./alert_types.ts";
import { get } from "./api.ts";

export async function getRoutes(signal: AbortSignal): Promise<AlertRoute[]> {
  return (await get<{ items: AlertRoute[] }>("/routes", signal)).items;
}
