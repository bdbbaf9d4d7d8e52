/** Every route of `/api/v1`, and those that stand beside it. */
import type { Route } from "../route.ts";
import { acknowledgeRoutes } from "./acknowledge.ts";
import { alertRoutes } from "./alert_routes.ts";
import { apiKeyRoutes } from "./api_keys.ts";
import { auditRoutes } from "./audit.ts";
import { authRoutes } from "./auth.ts";
import { baselineRoutes } from "./baselines.ts";
import { channelRoutes } from "./channels.ts";
import { checkRoutes } from "./checks.ts";
import { correctionRoutes } from "./corrections.ts";
import { forgeRoutes } from "./forge.ts";
import { heartbeatRoutes } from "./heartbeats.ts";
import { incidentRoutes } from "./incidents.ts";
import { locationRoutes } from "./locations.ts";
import { maintenanceRoutes } from "./maintenance.ts";
import { memberRoutes } from "./members.ts";
import { notificationRoutes } from "./notifications.ts";
import { overviewRoutes } from "./overview.ts";
import { ownSessionRoutes } from "./own_sessions.ts";
import { platformRoutes } from "./platform.ts";
import { probeRoutes } from "./probe.ts";
import { resultRoutes } from "./results.ts";
import { scheduleRoutes } from "./schedules.ts";
import { secondFactorRoutes } from "./second_factor.ts";
import { sessionRoutes } from "./session.ts";
import { silenceRoutes } from "./silences.ts";
import { statusNoteRoutes } from "./status_notes.ts";
import { statusPageRoutes } from "./status_pages.ts";
import { systemRoutes } from "./system.ts";
import { templateRoutes } from "./templates.ts";

export const basePath = "/api/v1";

export const routes: readonly Route[] = [
  ...authRoutes,
  ...secondFactorRoutes,
  ...sessionRoutes,
  ...ownSessionRoutes,
  ...apiKeyRoutes,
  ...memberRoutes,
  ...checkRoutes,
  ...overviewRoutes,
  ...resultRoutes,
  ...locationRoutes,
  ...baselineRoutes,
  ...heartbeatRoutes,
  ...scheduleRoutes,
  ...incidentRoutes,
  ...maintenanceRoutes,
  ...correctionRoutes,
  ...channelRoutes,
  ...templateRoutes,
  ...alertRoutes,
  ...silenceRoutes,
  ...notificationRoutes,
  ...statusPageRoutes,
  ...statusNoteRoutes,
  ...forgeRoutes,
  ...auditRoutes,
  ...systemRoutes,
  ...platformRoutes,
  ...probeRoutes,
  ...acknowledgeRoutes,
];
