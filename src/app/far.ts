/** The far side of `place.ts`: gRPC to roles of other processes and from them. Loaded only where roles are split. */
import { AppError } from "#kernel/errors";
import { createGrpcChannel, createGrpcServer, type GrpcChannel } from "#kernel/rpc/grpc";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import { roles as table, type RoleName } from "../roles/index.ts";
import { answersOthers, type Settings } from "./settings.ts";
import type { StartedRoleOf } from "./start_roles.ts";

/** A process that runs only some roles answers on the port of each of them, or on the one it was given. Gives the addresses that were bound. */
export async function serveOthers(started: StartedRoleOf[], settings: Settings, { log, releases }: { log: Log; releases: Releases }): Promise<string[]> {
  const own = settings.process;
  const provided = started.filter(({ role }) => role.provides);
  if (provided.length === 0 || !answersOthers(settings)) return [];
  if (!/^(127\.|localhost$|::1$)/.test(own.grpcHost) && !own.peerToken.isSet) {
    throw new AppError("failed_precondition", `roles would answer anybody on ${own.grpcHost}: set peer-token, or a loopback address as grpc-host`);
  }
  const server = createGrpcServer(log, own.peerToken.reveal());
  releases.add("gRPC server", () => server.stop(5_000), 6_000);
  for (const { role, handle } of provided) server.mount(role.provides!, handle.api as never);
  const ports = settings.given.has("grpcPort") ? [own.grpcPort] : provided.map(({ role }) => table[role.name as RoleName].port);
  const host = own.grpcHost.includes(":") ? `[${own.grpcHost}]` : own.grpcHost;
  const addresses: string[] = [];
  for (const port of ports) addresses.push(`${host}:${await server.listen(own.grpcHost, port)}`);
  return addresses;
}

/** One channel for each set of addresses, whoever needs it. */
export function openChannels(peerToken: string, releases: Releases): (addresses: string[]) => GrpcChannel {
  const open = new Map<string, GrpcChannel>();
  releases.add("gRPC channels", () => open.forEach((channel) => channel.close()));
  return (addresses) => {
    const key = addresses.join(",");
    const channel = open.get(key) ?? createGrpcChannel(addresses, peerToken);
    open.set(key, channel);
    return channel;
  };
}
