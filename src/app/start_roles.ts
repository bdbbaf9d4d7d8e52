/** Starts roles one after the other, each given exactly what it declares. */
import type { Ids } from "#kernel/ids";
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { AnyRole, StartedRole } from "#kernel/role";
import type { Telemetry } from "#kernel/telemetry";
import type { Ports } from "#ports/index";
import type { QueueName } from "#ports/queue";
import { parsePeers, placeNeeds, type Neighbours } from "./place.ts";
import type { Settings } from "./settings.ts";

export interface StartedRoleOf {
  role: AnyRole;
  handle: StartedRole;
}

export interface StartContext {
  settings: Settings;
  ports: Partial<Ports>;
  channel: Neighbours["channel"];
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  releases: Releases;
  /** Called as each role has started, before the next one does. */
  onStarted(started: StartedRoleOf): void;
}

export async function startRoles(order: AnyRole[], context: StartContext): Promise<StartedRoleOf[]> {
  const { settings, ports, channel, clock, ids, telemetry, releases } = context;
  const near: Neighbours["near"] = new Map();
  const peers = parsePeers(settings.process.peers);
  const started: StartedRoleOf[] = [];
  for (const role of order) {
    const log = context.log.child({ role: role.name });
    const handle = await role.start({
      settings: pick(settings.values, Object.keys(role.settings)) as never,
      needs: placeNeeds(role, { near, peers, channel, clock, log: context.log }) as never,
      ports: pick(ports as Record<string, unknown>, role.uses) as never,
      clock,
      ids,
      log,
      telemetry,
      releases,
    });
    if (handle.api) near.set(role.name, { role, api: handle.api });
    started.push({ role, handle });
    context.onStarted({ role, handle });
    log.debug("role started");
  }
  return started;
}

/** How much of each queue one process takes at once, and how often it tries before a message is given up. */
const consumers: Record<QueueName, { prefetch: (settings: Settings) => number; maxAttempts: number }> = {
  check_tasks: { prefetch: ({ values }) => Number(values["coreConcurrency"]), maxAttempts: 5 },
  check_results: { prefetch: () => 10_000, maxAttempts: 10 },
  notifications: { prefetch: () => 200, maxAttempts: 20 },
};

/** Lets roles hear their queues; from here on work comes in. */
export function consume(started: StartedRoleOf[], { ports, settings, releases }: Pick<StartContext, "ports" | "settings" | "releases">): void {
  for (const { role, handle } of started) {
    for (const name of role.listens as QueueName[]) {
      const { prefetch, maxAttempts } = consumers[name];
      const consumer = ports.queue!.consume(name, { prefetch: prefetch(settings), maxAttempts }, handle.on[name] as never);
      releases.add(`consumer of ${name}`, () => consumer.stop());
    }
  }
}

function pick(from: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}
