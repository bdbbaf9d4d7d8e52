import type { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { invalidField } from "#kernel/errors";
import type { Api } from "#kernel/rpc/contract";
import type { Metrics } from "./service.ts";
import { windowOf } from "./window.ts";

const fewestPoints = 10;
const mostPoints = 1000;
const usualPoints = 100;

export function serveMetrics(metrics: Metrics): Api<typeof MetricsService> {
  return {
    async getUptime({ checkId, window, location }, call) {
      requireRole(call, "viewer");
      tenantOf(call);
      return metrics.uptime({ checkId, window: windowOf(window), location }, call);
    },
    async listUptimes({ checkIds, window, limit, cursor }, call) {
      requireRole(call, "viewer");
      tenantOf(call);
      return metrics.uptimes({ checkIds, window: windowOf(window), limit, cursor }, call);
    },
    async getLatency({ points, ...asked }, call) {
      requireRole(call, "viewer");
      tenantOf(call);
      return metrics.latency({ ...asked, points: pointsOf(points) }, call);
    },
    async getExposition(_request, call) {
      requireRole(call, "viewer");
      const wholePlatform = call.actor.type === "system" && call.tenantId === "";
      return { text: await metrics.exposition(wholePlatform ? undefined : tenantOf(call)) };
    },
  };
}

function pointsOf(points: number): number {
  if (points === 0) return usualPoints;
  if (points >= fewestPoints && points <= mostPoints) return points;
  throw invalidField("/points", `${points} points are not possible: from ${fewestPoints} to ${mostPoints}`);
}
