/** Turns results into incidents, and tells of them. */
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { serveIncidents, takeCheckResults } from "./handlers.ts";
import { createIncidents } from "./service.ts";
import { incidentSettings } from "./settings.ts";

const sweepEveryMs = 3_600_000;

export default defineRole({
  name: "incident",
  provides: IncidentService,
  needs: {},
  uses: ["incidents", "queue"],
  listens: ["check_results"],
  settings: incidentSettings,
  start: async ({ settings, ports, clock, ids, log, telemetry, releases }) => {
    const incidents = await createIncidents({
      store: ports.incidents,
      queue: ports.queue,
      clock,
      ids,
      log,
      telemetry,
      reopenWindowMs: settings.reopenWindow,
      retentionMs: settings.incidentRetention,
    });
    releases.add("incidents", () => incidents.stop());
    const sweeping = clock.every(sweepEveryMs, () => {
      incidents.sweep().catch((error) => log.error("old incidents were not deleted", { reason: messageOf(error) }));
    });
    releases.add("incident sweep", () => sweeping.cancel());
    return {
      api: serveIncidents(incidents),
      on: { check_results: takeCheckResults(incidents, log) },
      begin: () => incidents.begin(),
      ready: () => incidents.trouble(),
    };
  },
});
