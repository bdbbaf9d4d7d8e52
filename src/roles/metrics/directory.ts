/** Which checks there are, of which tenant: kept up to date from config, so that a scrape need not ask. */
import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { Clock } from "#kernel/clock";
import { followSet } from "#kernel/follow_set";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";

export interface KnownCheck {
  id: string;
  tenantId: string;
  name: string;
  type: string;
}

export interface Directory {
  follow(signal: AbortSignal): void;
  /** Oldest first; of one tenant, or of all. */
  checks(tenantId: string | undefined): KnownCheck[];
  /** False until config has sent everything that existed. */
  complete(): boolean;
}

export function createDirectory(config: Client<typeof ConfigService>, around: { clock: Clock; log: Log }): Directory {
  const checks = new Map<string, KnownCheck>();
  let complete = false;

  return {
    follow(signal) {
      void followSet(around, signal, {
        role: "metrics",
        what: "config's checks",
        open: (call) => config.watchChecks({}, call),
        saved: ({ id, tenantId, name, type }) => void checks.set(id, { id, tenantId, name, type }),
        deleted: (id) => void checks.delete(id),
        synced(known) {
          for (const id of checks.keys()) if (!known.has(id)) checks.delete(id);
          complete = true;
        },
      });
    },
    // Ids sort as they were made.
    checks: (tenantId) =>
      [...checks.values()].filter((check) => tenantId === undefined || check.tenantId === tenantId).sort((a, b) => (a.id < b.id ? -1 : 1)),
    complete: () => complete,
  };
}
