/** The labels of every check, kept up to date from config: windows select by them. */
import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { Clock } from "#kernel/clock";
import { followSet } from "#kernel/follow_set";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import { type Labels, labelsOf, type Selects } from "#ports/matchers";

export interface CheckLabels {
  follow(signal: AbortSignal): void;
  /** The checks of a tenant that are selected, in order of their ids. */
  selected(tenantId: string, selects: Selects): { id: string; name: string }[];
  /** False until config has sent everything that existed. */
  complete(): boolean;
  /** Another number after each change. */
  revision(): number;
}

export function createCheckLabels(config: Client<typeof ConfigService>, around: { clock: Clock; log: Log }): CheckLabels {
  const checks = new Map<string, { tenantId: string; labels: Labels }>();
  let complete = false;
  let revision = 0;
  return {
    follow(signal) {
      void followSet(around, signal, {
        role: "incident",
        what: "config's checks",
        open: (call) => config.watchChecks({}, call),
        saved(check) {
          checks.set(check.id, { tenantId: check.tenantId, labels: labelsOf(check) });
          revision++;
        },
        deleted(id) {
          checks.delete(id);
          revision++;
        },
        synced(known) {
          for (const id of checks.keys()) if (!known.has(id)) checks.delete(id);
          complete = true;
          revision++;
        },
      });
    },
    selected(tenantId, selects) {
      const found: { id: string; name: string }[] = [];
      for (const [id, check] of checks) if (check.tenantId === tenantId && selects(check.labels)) found.push({ id, name: check.labels["name"]! });
      return found.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    complete: () => complete,
    revision: () => revision,
  };
}
