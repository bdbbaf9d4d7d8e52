/**
 * Tells a port scan from trying out a check: who tries more than so many ports of one host within ten minutes is refused, so
 * that a tenant cannot map a network through us. Saved checks are not counted: they stay, and everybody in the tenant sees them.
 * Gateways that share their limits count together.
 */
import type { Cache } from "#ports/cache";
import type { RateLimits } from "#ports/rate_limits";

export interface ScanDetector {
  /** Counts a try. The limit and when there is room again, when it is one port too many. */
  try(tenantId: string, host: string, port: number): Promise<Scan | undefined>;
}

export interface Scan {
  limit: number;
  retryAfterS: number;
  /** The first one of this host within the time: what follows is the same story. */
  isNew: boolean;
}

const windowMs = 600_000;

export function createScanDetector(limits: Pick<RateLimits, "takeDistinct">, cache: Pick<Cache, "setIfAbsent">, limit: number): ScanDetector {
  return {
    async try(tenantId, name, port) {
      if (limit === 0) return undefined;
      const key = `${tenantId} ${name.toLowerCase().replace(/\.$/, "")}`;
      const { allowed, retryAfterMs } = await limits.takeDistinct({ name: "ports", limit, windowMs }, key, String(port));
      if (allowed) return undefined;
      const isNew = await cache.setIfAbsent(`scan told:${key}`, "", windowMs);
      return { limit, isNew, retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1_000)) };
    },
  };
}
