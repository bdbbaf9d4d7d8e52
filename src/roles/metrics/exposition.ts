/** The Prometheus text of what the platform knows of its checks and incidents. Of one tenant, or of all. */
import type { CheckStatus, CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { systemCall, withTimeout, type Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Client } from "#kernel/rpc/contract";
import { createTelemetry } from "#kernel/telemetry";
import type { Directory, KnownCheck } from "./directory.ts";

export interface ExpositionSources {
  directory: Directory;
  core: Client<typeof CoreService>;
  incident: Client<typeof IncidentService>;
  perCheckLimit: number;
  clock: Clock;
}

// A scraper gives up after ten seconds.
const answerWithinMs = 10_000;

// Small portions, so that a scrape of thousands of checks holds up nobody else.
const portion = 200;

// Always shown, so that an alert on a state does not depend on a check having been in it.
const states = ["up", "degraded", "down", "unknown", "pending", "paused"];

export async function expositionOf(sources: ExpositionSources, tenantId: string | undefined): Promise<string> {
  const { directory, core, incident, perCheckLimit, clock } = sources;
  const callFor = (tenant: string) => withTimeout(systemCall("metrics", tenant), clock, answerWithinMs);
  const checks = directory.checks(tenantId);
  const statuses = new Map<string, CheckStatus>();
  for (const [tenant, own] of Map.groupBy(checks, (check) => check.tenantId)) {
    for (let i = 0; i < own.length; i += portion) {
      for (const status of await statusesOf(core, own.slice(i, i + portion), callFor(tenant))) statuses.set(status.checkId, status);
    }
  }
  const open = await incident.countOpenIncidents({}, callFor(tenantId ?? ""));

  const text = createTelemetry();
  const byState = text.gauge("checks", "Checks by state.", ["state"]);
  for (const state of states) byState.set({ state }, 0);
  for (const status of statuses.values()) byState.inc({ state: status.state });

  const bySeverity = text.gauge("incidents_open", "Incidents that are not resolved, by severity.", ["severity"]);
  bySeverity.set({ severity: "critical" }, open.critical);
  bySeverity.set({ severity: "warning" }, open.warning);

  const up = text.gauge("check_up", "1 when the check's last observed run was up or degraded, 0 when it was down.", ["check_id", "name", "type"]);
  const latency = text.gauge("check_latency_seconds", "Latency of the check's last run.", ["check_id", "name", "type"]);
  for (const check of checks.slice(0, perCheckLimit)) {
    const status = statuses.get(check.id);
    const labels = { check_id: check.id, name: check.name, type: check.type };
    const value = status && upOf(status);
    if (value !== undefined) up.set(labels, value);
    if (status?.lastResult && value !== undefined) latency.set(labels, status.lastResult.latencyMs / 1000);
  }
  text
    .gauge("checks_without_series", "Checks that have no series of their own because of metrics-per-check-limit.")
    .set(Math.max(0, checks.length - perCheckLimit));
  return text.exposition();
}

/** Neither a pending nor a paused nor an unobserved check is up or down. */
function upOf({ state }: CheckStatus): 0 | 1 | undefined {
  if (state === "up" || state === "degraded") return 1;
  return state === "down" ? 0 : undefined;
}

/** Core may not know yet what config has just told us, or no longer: those are left out, and not the whole portion. */
async function statusesOf(core: Client<typeof CoreService>, checks: KnownCheck[], call: Call): Promise<CheckStatus[]> {
  const known = await orNothing(core.listCheckStatuses({ checkIds: checks.map((check) => check.id) }, call));
  if (known) return known.items;
  const found: CheckStatus[] = [];
  for (const { id } of checks) {
    const status = await orNothing(core.getCheckStatus({ checkId: id }, call));
    if (status) found.push(status);
  }
  return found;
}

async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return undefined;
    throw error;
  }
}
