/** Uptime and latency of checks over time, and the Prometheus text of the platform. */
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { defineRole } from "#ports/index";
import { createDirectory } from "./directory.ts";
import { serveMetrics } from "./handlers.ts";
import { createMetrics } from "./service.ts";
import { metricsSettings } from "./settings.ts";

export default defineRole({
  name: "metrics",
  provides: MetricsService,
  needs: { config: ConfigService, core: CoreService, incident: IncidentService },
  uses: [],
  listens: [],
  settings: metricsSettings,
  start: async ({ settings, needs, clock, log, releases }) => {
    const stopping = new AbortController();
    releases.add("following checks", () => stopping.abort());
    const directory = createDirectory(needs.config, { clock, log });
    const sources = { directory, core: needs.core, incident: needs.incident, perCheckLimit: settings.metricsPerCheckLimit, clock };
    return {
      api: serveMetrics(createMetrics(sources)),
      begin: () => directory.follow(stopping.signal),
      ready: () => (directory.complete() ? "" : "the checks are not known yet: waiting for config"),
    };
  },
});
