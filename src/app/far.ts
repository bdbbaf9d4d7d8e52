/** The far side of `place.ts`: gRPC to roles of other processes and from them. Loaded only where roles are split. */
import { Health } from "#contracts/grpc/health/v1/health_pb";
import { ServerReflection } from "#contracts/grpc/reflection/v1/reflection_pb";
import { ServerReflection as ServerReflectionAlpha } from "#contracts/grpc/reflection/v1alpha/reflection_pb";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Releases } from "#kernel/lifecycle";
import { tracedApi } from "#kernel/rpc/traced";
import type { Log } from "#kernel/log";
import type { AnyRole } from "#kernel/role";
import { createGrpcServer, type GrpcServer } from "#kernel/rpc/server";
import { openTls, type TlsIdentity } from "#kernel/rpc/tls";
import type { Telemetry } from "#kernel/telemetry";
import { loadRoles, roleNames, roles as table, type RoleName } from "../roles/index.ts";
import { callersOf } from "./callers.ts";
import { healthApi } from "./grpc_health.ts";
import { reflectionApi } from "./grpc_reflection.ts";
import { openPeers, peerTroubles, type Peers, type PeerTroubles } from "./peers.ts";
import type { Leading } from "./lead.ts";
import { answersOthers, type ProcessSettings, type Settings } from "./settings.ts";
import type { StartedRoleOf } from "./start_roles.ts";

export interface FarContext {
  clock: Clock;
  log: Log;
  telemetry: Telemetry;
  releases: Releases;
}

export interface Far extends Pick<Peers, "channel" | "states"> {
  /** Answers other processes for these roles, as long as they lead. Gives the addresses that were bound. */
  serve(started: StartedRoleOf[], leading: Leading | undefined): Promise<string[]>;
  troubles(role: AnyRole): PeerTroubles;
}

/** `roles` are those that are to run here. */
export function openFar(settings: Settings, roles: readonly AnyRole[], context: FarContext): Far {
  const tls = openIdentity(settings.process, context);
  if (tls && answersOthers(settings)) requireNamed(tls, roles.flatMap(({ name, provides }) => (provides ? [name] : [])), settings.process.tlsCert);
  const peers = openPeers({ ...context, tls, peerToken: settings.process.peerToken.reveal() });
  return {
    channel: peers.channel,
    states: peers.states,
    serve: (started, leading) => serveOthers(started, settings, { ...context, tls, leading }),
    troubles: (role) => peerTroubles(role, peers.states()),
  };
}

/** The certificate of this process, when the settings name one. */
function openIdentity(own: ProcessSettings, { clock, log, telemetry, releases }: FarContext): TlsIdentity | undefined {
  const files = { ca: own.tlsCa, cert: own.tlsCert, key: own.tlsKey };
  const given = Object.values(files).filter((file) => file !== "").length;
  if (given === 0) return undefined;
  if (given < 3) throw new AppError("invalid_argument", "tls-ca, tls-cert and tls-key belong together: give all three, or none");
  const tls = openTls({ files, clock, log });
  releases.add("certificate files", () => tls.stop());
  telemetry.gauge("tls_certificate_expires_seconds", "When the certificate of this process ends, Unix time.", [], (gauge) => gauge.set(tls.expiresAtMs() / 1000));
  return tls;
}

/** Others would refuse a process that answers as a role which its certificate does not name. */
function requireNamed(tls: TlsIdentity, roles: string[], file: string): void {
  const unnamed = roles.filter((role) => !tls.roles().includes(role));
  if (unnamed.length > 0) throw new AppError("failed_precondition", `the certificate ${file} is not for the role ${unnamed.join(", ")}: issue one with --role ${roles.join(",")}`);
}

/** A process that runs only some roles answers on the port of each of them, or on the one it was given. Gives the addresses that were bound. */
async function serveOthers(started: StartedRoleOf[], settings: Settings, { tls, leading, clock, log, telemetry, releases }: FarContext & { tls: TlsIdentity | undefined; leading: Leading | undefined }): Promise<string[]> {
  const own = settings.process;
  const provided = started.filter(({ role }) => role.provides);
  if (provided.length === 0 || !answersOthers(settings)) return [];
  if (!tls && !/^(127\.|localhost$|::1$)/.test(own.grpcHost) && !own.peerToken.isSet) {
    throw new AppError("failed_precondition", `roles would answer anybody on ${own.grpcHost}: set tls-ca, tls-cert and tls-key, or peer-token, or a loopback address as grpc-host`);
  }
  const server = createGrpcServer({ log, clock, peerToken: own.peerToken.reveal(), tls });
  releases.add("gRPC server", () => server.stop(5_000), 6_000);
  const callers = tls ? callersOf(await loadRoles(roleNames)) : undefined;
  for (const { role, handle } of provided) {
    const allowed = callers?.get(role.name);
    const leadership = role.leads ? leading?.of(role.name) : undefined;
    server.mount(role.provides!, tracedApi(role.provides!, handle.api as never, telemetry.tracing), { ...(allowed && { callers: allowed }), ...(leadership && { leads: leadership.leads }) });
  }
  mountForTools(server, provided, { clock, reflects: own.grpcReflection });
  const ports = settings.given.has("grpcPort") ? [own.grpcPort] : provided.map(({ role }) => table[role.name as RoleName].port);
  const host = own.grpcHost.includes(":") ? `[${own.grpcHost}]` : own.grpcHost;
  const addresses: string[] = [];
  for (const port of ports) addresses.push(`${host}:${await server.listen(own.grpcHost, port)}`);
  return addresses;
}

function mountForTools(server: GrpcServer, provided: StartedRoleOf[], { clock, reflects }: { clock: Clock; reflects: boolean }): void {
  const services = new Map(provided.map(({ role, handle }) => [role.provides!.typeName, handle.ready ?? (() => "")]));
  server.mount(Health, healthApi({ services, draining: server.draining, clock }), { isOpen: true });
  if (!reflects) return;
  const reflection = reflectionApi([...provided.map(({ role }) => role.provides!), Health, ServerReflection, ServerReflectionAlpha]);
  server.mount(ServerReflection, reflection, { isOpen: true });
  // The messages of both versions are the same but for the package.
  server.mount(ServerReflectionAlpha, reflection as never, { isOpen: true });
}
