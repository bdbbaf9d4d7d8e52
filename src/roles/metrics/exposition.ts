/** The Prometheus text of what the platform knows of its checks and incidents. Of one tenant, or of all. */
import type { CheckState, CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import type { Client } from "#kernel/rpc/contract";
import { createTelemetry } from "#kernel/telemetry";
import type { Directory } from "./directory.ts";

export interface ExpositionSources {
  directory: Directory;
  core: Client<typeof CoreService>;
  incident: Client<typeof IncidentService>;
  perCheckLimit: number;
  clock: Clock;
}

// A scraper gives up after ten seconds.
const answerWithinMs = 10_000;

// Always shown, so that an alert on a state does not depend on a check having been in it.
const states = ["up", "degraded", "down", "unknown", "pending", "paused"];

export async function expositionOf(sources: ExpositionSources, tenantId: string | undefined): Promise<string> {
  const { directory, core, incident, perCheckLimit, clock } = sources;
  const call = withTimeout(systemCall("metrics", tenantId), clock, answerWithinMs);
  const checks = directory.checks(tenantId);
  const shown = checks.slice(0, perCheckLimit);
  const { counts, items } = await core.summariseStates({ checkIds: shown.map(({ id }) => id) }, call);
  const stateOf = new Map(items.map((item) => [item.checkId, item]));
  const open = await incident.countOpenIncidents({}, call);

  const text = createTelemetry();
  const byState = text.gauge("checks", "Checks by state.", ["state"]);
  for (const state of states) byState.set({ state }, 0);
  for (const [state, count] of Object.entries(counts)) byState.set({ state }, count);

  const bySeverity = text.gauge("incidents_open", "Incidents that are not resolved, by severity.", ["severity"]);
  bySeverity.set({ severity: "critical" }, open.critical);
  bySeverity.set({ severity: "warning" }, open.warning);

  const up = text.gauge("check_up", "1 when the check's last observed run was up or degraded, 0 when it was down.", ["check_id", "name", "type"]);
  const latency = text.gauge("check_latency_seconds", "Latency of the check's last run.", ["check_id", "name", "type"]);
  for (const check of shown) {
    const current = stateOf.get(check.id);
    const labels = { check_id: check.id, name: check.name, type: check.type };
    const value = current && upOf(current);
    if (value !== undefined) up.set(labels, value);
    if (current?.latencyMs !== undefined && value !== undefined) latency.set(labels, current.latencyMs / 1000);
  }
  text
    .gauge("checks_without_series", "Checks that have no series of their own because of metrics-per-check-limit.")
    .set(Math.max(0, checks.length - perCheckLimit));
  return text.exposition();
}

/** Neither a pending nor a paused nor an unobserved check is up or down. */
function upOf({ state }: CheckState): 0 | 1 | undefined {
  if (state === "up" || state === "degraded") return 1;
  return state === "down" ? 0 : undefined;
}
