/** For each need of a role: in this process? A local client. Among the peers? A gRPC client. Else: refuse to start, in one sentence. */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { AnyRole } from "#kernel/role";
import { localClient } from "#kernel/rpc/local";
import type { GrpcChannel } from "#kernel/rpc/channel";
import { tracedClient } from "#kernel/rpc/traced";
import type { Tracing } from "#kernel/tracing";

export interface Neighbours {
  /** Roles of this process that have started, by name. */
  near: Map<string, { role: AnyRole; api: object }>;
  /** Where a role of another process answers, as it was set; "" when nobody said. */
  peer(role: string): string;
  channel(role: string, addresses: string): Pick<GrpcChannel, "client">;
  clock: Clock;
  log: Log;
  tracing: Tracing;
}

export function placeNeeds(role: AnyRole, { near, peer, channel, clock, log, tracing }: Neighbours): Record<string, object> {
  const clients: Record<string, object> = {};
  for (const [name, contract] of Object.entries(role.needs)) {
    const neighbour = near.get(name);
    const addresses = peer(name);
    if (neighbour) clients[name] = tracedClient(contract, localClient(contract, neighbour.api as never, clock, log.child({ role: name })), tracing, "internal");
    else if (addresses !== "") clients[name] = tracedClient(contract, channel(name, addresses).client(contract), tracing, "client");
    else throw new AppError("failed_precondition", `the role ${role.name} needs ${name}, which runs neither in this process (--role) nor among its peers (--peers.${name} host:port)`);
  }
  return clients;
}

/** Roles in the order in which they can start: each after what it needs of this process. */
export function startOrder(roles: AnyRole[]): AnyRole[] {
  const byName = new Map(roles.map((role) => [role.name, role]));
  const order: AnyRole[] = [];
  const visit = (role: AnyRole, path: string[]) => {
    if (order.includes(role)) return;
    if (path.includes(role.name)) throw new AppError("internal", `roles need each other in a circle: ${[...path, role.name].join(" → ")}`);
    for (const need of Object.keys(role.needs)) {
      const needed = byName.get(need);
      if (needed) visit(needed, [...path, role.name]);
    }
    order.push(role);
  };
  for (const role of roles) visit(role, []);
  return order;
}
