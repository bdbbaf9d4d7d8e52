/** Turns results into incidents, and tells of them. */
import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { platformTenant } from "#ports/platform_tenant";
import { serveCorrections } from "./corrections/handlers.ts";
import { createCorrections } from "./corrections/service.ts";
import { serveIncidents, takeCheckResults } from "./handlers.ts";
import { createCheckLabels } from "./maintenance/check_labels.ts";
import { serveMaintenance } from "./maintenance/handlers.ts";
import { createMaintenance } from "./maintenance/service.ts";
import { serveOverlay } from "./overlay.ts";
import { servePlatform } from "./platform/handlers.ts";
import { createPlatformWatch } from "./platform/watch.ts";
import { createIncidents } from "./service.ts";
import { incidentSettings } from "./settings.ts";

const sweepEveryMs = 3_600_000;
/** Uptime is asked for a year; what is older than two no longer changes any answer. */
const coveredKeptMs = 2 * 366 * 86_400_000;
/** How soon a check that comes while a window lasts is covered by what is written of it. */
const recordEveryMs = 15_000;

export default defineRole({
  name: "incident",
  provides: IncidentService,
  needs: { auth: AuthService, config: ConfigService, core: CoreService, scheduler: SchedulerService },
  uses: ["incidents", "maintenance", "corrections", "queue"],
  listens: ["check_results"],
  settings: incidentSettings,
  leads: true,
  start: async ({ settings, needs, ports, clock, ids, log, telemetry, releases }) => {
    const labels = createCheckLabels(needs.config, { clock, log });
    const maintenance = await createMaintenance({ store: ports.maintenance, checks: labels, clock, ids });
    const platform = createPlatformWatch({ ...needs, take: (tenantId, report) => incidents.takeReport(tenantId, report), clock, log });
    const incidents = await createIncidents({
      store: ports.incidents,
      queue: ports.queue,
      clock,
      ids,
      log,
      telemetry,
      reopenWindowMs: settings.reopenWindow,
      retentionMs: settings.incidentRetention,
      connectivity: () => platform.connectivity(),
      onOwnOutage(_tenants, checks) {
        log.warn("checks failed because our own network is lost: nobody is told of them", { checks });
        platform.look();
      },
      coveringAt: (tenantId, labels, atMs) => maintenance.coveringAt(tenantId, labels, atMs),
    });
    releases.add("incidents", () => incidents.stop());
    releases.add("watch over the platform", () => platform.stop());
    const corrections = createCorrections({ store: ports.corrections, incidents, clock, ids });
    const recording = clock.every(recordEveryMs, () => {
      maintenance.record().catch((error) => log.error("what maintenance windows cover was not written", { reason: messageOf(error) }));
    });
    releases.add("record of maintenance", () => recording.cancel());
    const stopping = new AbortController();
    releases.add("following checks", () => stopping.abort());
    const sweeping = clock.every(sweepEveryMs, () => {
      maintenance.sweep(clock.now() - coveredKeptMs).catch((error) => log.error("what was covered long ago was not deleted", { reason: messageOf(error) }));
      incidents.sweep().catch((error) => log.error("old incidents were not deleted", { reason: messageOf(error) }));
    });
    releases.add("incident sweep", () => sweeping.cancel());
    const takeResults = takeCheckResults(incidents, log);
    return {
      api: {
        ...serveIncidents(incidents),
        ...serveMaintenance(maintenance),
        ...serveCorrections(corrections, needs.config),
        ...serveOverlay(maintenance, corrections),
        ...servePlatform(platform),
      },
      on: {
        check_results(batch) {
          // The dead man's switch goes its way also while no check of anybody is run.
          if (batch.some(({ tenantId }) => tenantId !== platformTenant)) platform.heard();
          return takeResults(batch);
        },
      },
      begin() {
        labels.follow(stopping.signal);
        incidents.begin();
        platform.begin();
      },
      ready: () => incidents.trouble(),
    };
  },
});
