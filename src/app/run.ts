/** Roles wanted → order → start → serve → stop. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { createLog, type Log } from "#kernel/log";
import type { AnyRole, Announce, Readiness, StartedRole } from "#kernel/role";
import type { GrpcChannel } from "#kernel/rpc/grpc";
import type { Secret } from "#kernel/settings";
import { createTelemetry } from "#kernel/telemetry";
import type { Ports } from "#ports/index";
import type { Queue, QueueName } from "#ports/queue";
import { roles as table, type RoleName } from "../roles/index.ts";
import { serveHealth } from "./health.ts";
import { parsePeers, placeNeeds, startOrder, type Neighbours } from "./place.ts";
import { plug } from "./plug.ts";
import type { Settings } from "./settings.ts";

export interface RunningApp {
  /** `{ http, health, grpc }` → origin or address. */
  bound: Record<string, string>;
  /** For the person who started it. */
  lines: string[];
  log: Log;
  stop(): Promise<void>;
}

export interface RunOptions {
  roles: AnyRole[];
  settings: Settings;
  writeLog: (line: string) => void;
  isTerminal: boolean;
  /** Ends the process: something happened after which nothing may be acknowledged. */
  onFatal: (error: Error, log: Log) => void;
}

const consumerOptions: Record<QueueName, { prefetch: (values: Record<string, unknown>) => number; maxAttempts: number }> = {
  check_tasks: { prefetch: (values) => Number(values["coreConcurrency"]), maxAttempts: 5 },
  check_results: { prefetch: () => 10_000, maxAttempts: 10 },
  notifications: { prefetch: () => 200, maxAttempts: 20 },
};

export async function runApp({ roles, settings, writeLog, isTerminal, onFatal }: RunOptions): Promise<RunningApp> {
  const clock = systemClock;
  const { process: own, values } = settings;
  const format = own.logFormat === "auto" ? (isTerminal ? "pretty" : "json") : own.logFormat;
  const log = createLog({ level: own.logLevel, format, now: clock.now, write: writeLog });
  const releases = createReleases(log);
  const telemetry = createTelemetry();
  const ids = createIds(clock.now);
  const state = { started: false, stopping: false };
  const ownListeners: string[] = [];
  const bound: Record<string, string> = {};
  const readiness = new Map<string, Readiness>();
  const announces: Announce[] = [];

  const stop = async () => {
    state.stopping = true;
    await releases.releaseAll();
  };

  try {
    const order = startOrder(roles);
    const near: Neighbours["near"] = new Map();
    const health = serveOn(own.healthHost, own.healthPort, () =>
      serveHealth({
        host: own.healthHost,
        port: own.healthPort,
        readiness,
        isStarted: () => state.started,
        isStopping: () => state.stopping,
        telemetry,
        moreMetrics: () => expositionOf(near),
      }),
    );
    releases.add("health server", () => health.stop());
    bound["health"] = health.origin;
    ownListeners.push(...listenersOf(health.origin));

    const uses = new Set(order.flatMap((role) => [...role.uses, ...(role.listens.length > 0 ? ["queue"] : [])]));
    const ports = await plug(uses, { settings: own, clock, log, releases, ownListeners, onFatal: (error) => onFatal(error, log) });
    const channels = await openChannels(own.peerToken, releases);
    const started: { role: AnyRole; handle: StartedRole }[] = [];
    for (const role of order) {
      const roleLog = log.child({ role: role.name });
      const handle = await role.start({
        settings: Object.fromEntries(Object.keys(role.settings).map((key) => [key, values[key]])) as never,
        needs: placeNeeds(role, { near, peers: parsePeers(own.peers), channel: channels, clock, log }) as never,
        ports: Object.fromEntries(role.uses.map((name) => [name, ports[name as keyof Ports]])) as never,
        clock,
        ids,
        log: roleLog,
        telemetry,
        releases,
      });
      started.push({ role, handle });
      if (handle.api) near.set(role.name, { role, api: handle.api });
      if (handle.ready) readiness.set(role.name, handle.ready);
      if (handle.announce) announces.push(handle.announce);
      for (const [name, origin] of Object.entries(handle.bound ?? {})) {
        bound[name] = origin;
        ownListeners.push(...listenersOf(origin));
      }
      roleLog.debug("role started");
    }
    const grpc = await serveGrpc(started, { settings, log, releases });
    if (grpc) {
      bound["grpc"] = grpc;
      ownListeners.push(...grpc.split(",").flatMap((address) => listenersOf(`grpc://${address}`)));
    }
    for (const { handle } of started) await handle.begin?.();
    consume(started, ports.queue, { values, log, releases });
    state.started = true;
  } catch (error) {
    await stop();
    throw error;
  }
  if (own.readyFile !== "") writeReadyFile(own.readyFile, bound);
  const publicUrl = (values["publicUrl"] as string | undefined) || bound["http"] || "";
  const lines = announces.flatMap((announce) => announce() ?? []).map(({ text, path }) => `${text}: ${publicUrl}${path}`);
  return { bound, lines, log, stop };
}

function consume(started: { role: AnyRole; handle: StartedRole }[], queue: Queue | undefined, context: { values: Record<string, unknown>; log: Log; releases: { add: (name: string, release: () => Promise<void>) => void } }) {
  for (const { role, handle } of started) {
    for (const name of role.listens as QueueName[]) {
      const { prefetch, maxAttempts } = consumerOptions[name];
      const consumer = queue!.consume(name, { prefetch: prefetch(context.values), maxAttempts }, handle.on[name] as never);
      context.releases.add(`consumer of ${name}`, () => consumer.stop());
    }
  }
}

/** In one process no gRPC port opens unless asked for; a part of the roles answers on each role's own port. */
async function serveGrpc(started: { role: AnyRole; handle: StartedRole }[], { settings, log, releases }: { settings: Settings; log: Log; releases: { add: (name: string, release: () => Promise<void>) => void } }): Promise<string | undefined> {
  const own = settings.process;
  const asked = settings.given.has("grpcPort");
  const split = own.role[0] !== "all";
  const provided = started.filter(({ role }) => role.provides);
  if (!(asked || split) || provided.length === 0) return undefined;
  if (!/^(127\.|localhost$|::1$)/.test(own.grpcHost) && !own.peerToken.isSet) {
    throw new AppError("failed_precondition", `roles would answer anybody on ${own.grpcHost}: set peer-token, or a loopback address as grpc-host`);
  }
  const { createGrpcServer } = await import("#kernel/rpc/grpc");
  const server = createGrpcServer(log, own.peerToken.reveal());
  releases.add("gRPC server", () => server.stop(5_000));
  for (const { role, handle } of provided) server.mount(role.provides!, handle.api as never);
  const ports = asked ? [own.grpcPort] : provided.map(({ role }) => table[role.name as RoleName].port);
  const addresses: string[] = [];
  for (const port of ports) addresses.push(`${own.grpcHost.includes(":") ? `[${own.grpcHost}]` : own.grpcHost}:${await server.listen(own.grpcHost, port)}`);
  return addresses.join(",");
}

async function openChannels(peerToken: Secret, releases: { add: (name: string, release: () => void) => void }): Promise<(addresses: string[]) => GrpcChannel> {
  const open = new Map<string, GrpcChannel>();
  const { createGrpcChannel } = await import("#kernel/rpc/grpc");
  releases.add("gRPC channels", () => open.forEach((channel) => channel.close()));
  return (addresses) => {
    const key = addresses.join(",");
    const channel = open.get(key) ?? createGrpcChannel(addresses, peerToken.reveal());
    open.set(key, channel);
    return channel;
  };
}

async function expositionOf(near: Neighbours["near"]): Promise<string> {
  const metrics = near.get("metrics")?.api as { getExposition?: (request: object, call: unknown) => Promise<{ text?: string }> } | undefined;
  return (await metrics?.getExposition?.({}, systemCall("health")))?.text ?? "";
}

function serveOn<T>(host: string, port: number, serve: () => T): T {
  try {
    return serve();
  } catch (error) {
    throw new AppError("unavailable", `cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error });
  }
}

/** `address:port` of everything an origin is reachable at from this machine. */
function listenersOf(origin: string): string[] {
  const { hostname, port: named } = new URL(origin);
  // A URL leaves out the usual port of its scheme.
  const port = named === "" ? "80" : named;
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost") return [`127.0.0.1:${port}`, `[::1]:${port}`];
  if (host !== "0.0.0.0" && host !== "::") return [host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.map(({ address }) => (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`));
}

/** Appears whole or not at all: whoever waits for it may read it at once. */
function writeReadyFile(path: string, bound: Record<string, string>): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, JSON.stringify(bound));
  renameSync(`${path}.partial`, path);
}
