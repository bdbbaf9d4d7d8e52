/** The only public door: REST, live events, the dashboard. */
import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { defineRole } from "#ports/index";
import { dashboardAssets } from "./dashboard.ts";
import { serveGateway } from "./service.ts";
import { gatewaySettings } from "./settings.ts";

export default defineRole({
  name: "gateway",
  needs: {
    auth: AuthService,
    config: ConfigService,
    scheduler: SchedulerService,
    core: CoreService,
    incident: IncidentService,
    notification: NotificationService,
    forge: ForgeService,
    metrics: MetricsService,
  },
  uses: ["rateLimits", "cache", "queue"],
  listens: [],
  settings: gatewaySettings,
  start: async (context) => {
    const { origin } = serveGateway(context, dashboardAssets);
    return { bound: { http: origin }, announce: () => ({ text: "dashboard and API", path: "" }) };
  },
});
