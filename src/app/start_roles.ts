/** Starts roles one after the other, each given exactly what it declares. */
import type { Ids } from "#kernel/ids";
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { Leadership } from "#kernel/leadership";
import type { AnyRole, StandingBy, StartedRole } from "#kernel/role";
import type { Telemetry } from "#kernel/telemetry";
import type { Ports } from "#ports/index";
import type { QueueName } from "#ports/queue";
import type { Leading } from "./lead.ts";
import { placeNeeds, type Neighbours } from "./place.ts";
import { peerOf, type Settings } from "./settings.ts";

export interface StartedRoleOf {
  role: AnyRole;
  handle: StartedRole;
}

export interface StartContext {
  settings: Settings;
  ports: Partial<Ports>;
  channel: Neighbours["channel"];
  leading: Leading | undefined;
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  releases: Releases;
  /** Called as each role has started, before the next one does. */
  onStarted(started: StartedRoleOf): void;
}

/** What a role is given whether it leads or stands by. */
function surroundings(role: AnyRole, { settings, ports, clock, ids, log, telemetry, releases }: Omit<StartContext, "channel" | "leading" | "onStarted">) {
  return {
    settings: pick(settings.values, Object.keys(role.settings)) as never,
    ports: pick(ports as Record<string, unknown>, role.uses) as never,
    clock,
    ids,
    log: log.child({ role: role.name }),
    telemetry,
    releases,
  };
}

export async function startRoles(order: AnyRole[], context: StartContext): Promise<StartedRoleOf[]> {
  const { settings, channel, leading, clock, log, telemetry } = context;
  const near: Neighbours["near"] = new Map();
  const started: StartedRoleOf[] = [];
  for (const role of order) {
    const around = surroundings(role, context);
    const handle = await role.start({
      ...around,
      needs: placeNeeds(role, { near, peer: (name) => peerOf(settings, name), channel, clock, log, tracing: telemetry.tracing }) as never,
      leadership: (role.leads && leading?.of(role.name)) || alwaysLeads,
    });
    if (handle.api) near.set(role.name, { role, api: handle.api });
    started.push({ role, handle });
    context.onStarted({ role, handle });
    around.log.debug("role started");
  }
  return started;
}

const alwaysLeads: Leadership = { leads: () => true, epoch: () => 0 };

export interface StandingRole {
  role: AnyRole;
  standing: StandingBy;
}

/** What the roles of a process that does not lead do meanwhile for the process that does. */
export function standBy(order: AnyRole[], context: Omit<StartContext, "leading" | "onStarted">): StandingRole[] {
  const { settings, channel } = context;
  return order.flatMap((role) => {
    const peer = peerOf(settings, role.name);
    if (!role.standBy || !role.provides || peer === "") return [];
    const telemetry = context.telemetry.branch();
    const standing = role.standBy({
      ...surroundings(role, { ...context, telemetry }),
      leader: channel(role.name, peer).client(role.provides) as never,
      location: settings.process.location,
    });
    const stop = async () => {
      await standing.stop();
      telemetry.end();
    };
    return [{ role, standing: { ...standing, stop } }];
  });
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
