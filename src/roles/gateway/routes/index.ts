/** Every route of `/api/v1`. */
import type { Route } from "../route.ts";
import { apiKeyRoutes } from "./api_keys.ts";
import { authRoutes } from "./auth.ts";
import { channelRoutes } from "./channels.ts";
import { checkRoutes } from "./checks.ts";
import { forgeRoutes } from "./forge.ts";
import { incidentRoutes } from "./incidents.ts";
import { memberRoutes } from "./members.ts";
import { notificationRoutes } from "./notifications.ts";
import { platformRoutes } from "./platform.ts";
import { resultRoutes } from "./results.ts";
import { scheduleRoutes } from "./schedules.ts";
import { sessionRoutes } from "./session.ts";

export const basePath = "/api/v1";

export const routes: readonly Route[] = [
  ...authRoutes,
  ...sessionRoutes,
  ...apiKeyRoutes,
  ...memberRoutes,
  ...checkRoutes,
  ...resultRoutes,
  ...scheduleRoutes,
  ...incidentRoutes,
  ...channelRoutes,
  ...notificationRoutes,
  ...forgeRoutes,
  ...platformRoutes,
];
