/** For each need of a role: in this process? A local client. Among the peers? A gRPC client. Else: refuse to start, in one sentence. */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { AnyRole } from "#kernel/role";
import { localClient } from "#kernel/rpc/local";
import type { GrpcChannel } from "#kernel/rpc/grpc";

export interface Neighbours {
  /** Roles of this process that have started, by name. */
  near: Map<string, { role: AnyRole; api: object }>;
  /** Addresses of roles elsewhere, by name. */
  peers: Map<string, string[]>;
  channel(addresses: string[]): GrpcChannel;
  clock: Clock;
  log: Log;
}

export function placeNeeds(role: AnyRole, { near, peers, channel, clock, log }: Neighbours): Record<string, object> {
  const clients: Record<string, object> = {};
  for (const [name, contract] of Object.entries(role.needs)) {
    const neighbour = near.get(name);
    const addresses = peers.get(name);
    if (neighbour) clients[name] = localClient(contract, neighbour.api as never, clock, log.child({ role: name }));
    else if (addresses) clients[name] = channel(addresses).client(contract);
    else throw new AppError("failed_precondition", `the role ${role.name} needs ${name}, which runs neither in this process (--role) nor among its peers (--peers ${name}=host:port)`);
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

/** `core=host:1, core=host:2` → core: [host:1, host:2]. */
export function parsePeers(peers: string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const peer of peers) {
    const [name, address] = peer.split("=") as [string, string];
    found.set(name, [...(found.get(name) ?? []), address]);
  }
  return found;
}
