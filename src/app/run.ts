/** Roles wanted → order → start → serve → stop. */
import { systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { createLog, type Log } from "#kernel/log";
import type { AnyRole, Readiness } from "#kernel/role";
import { createTelemetry, type Telemetry } from "#kernel/telemetry";
import { serveHealth, type HealthServer } from "./health.ts";
import { listenersOf, listening, writeReadyFile } from "./listeners.ts";
import { startOrder } from "./place.ts";
import { plug } from "./plug.ts";
import { consume, startRoles, type StartedRoleOf } from "./start_roles.ts";
import { answersOthers, type Settings } from "./settings.ts";

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

/** What is known of the process while it starts, runs and stops. */
interface ProcessState {
  phase: "starting" | "started" | "stopping";
  bound: Record<string, string>;
  ownListeners: string[];
  started: StartedRoleOf[];
}

export async function runApp(options: RunOptions): Promise<RunningApp> {
  const { process: own, values } = options.settings;
  const format = own.logFormat === "auto" ? (options.isTerminal ? "pretty" : "json") : own.logFormat;
  const log = createLog({ level: own.logLevel, format, now: systemClock.now, write: options.writeLog });
  const releases = createReleases(log);
  const state: ProcessState = { phase: "starting", bound: {}, ownListeners: [], started: [] };
  const stop = async () => {
    state.phase = "stopping";
    await releases.releaseAll();
  };
  try {
    await start(options, state, { log, releases });
  } catch (error) {
    await stop();
    throw error;
  }
  state.phase = "started";
  if (own.readyFile !== "") writeReadyFile(own.readyFile, state.bound);
  // Nobody can open "every address of this machine" in a browser.
  const local = (state.bound["http"] ?? "").replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]");
  const publicUrl = (values["publicUrl"] as string | undefined) || local;
  const announced = state.started.flatMap(({ handle }) => handle.announce?.() ?? []);
  return { bound: state.bound, lines: announced.map(({ text, path }) => `${text}: ${publicUrl}${path}`), log, stop };
}

async function start(options: RunOptions, state: ProcessState, { log, releases }: { log: Log; releases: ReturnType<typeof createReleases> }): Promise<void> {
  const { settings, onFatal } = options;
  const clock = systemClock;
  const telemetry = createTelemetry();
  const { peers, peerToken } = settings.process;
  const note = (name: string, origin: string) => {
    state.bound[name] = origin;
    state.ownListeners.push(...listenersOf(origin));
  };

  const health = openHealth(settings, state, telemetry);
  releases.add("health server", () => health.stop());
  note("health", health.origin);

  const order = startOrder(options.roles);
  const uses = new Set(order.flatMap((role) => [...role.uses, ...(role.listens.length > 0 ? ["queue"] : [])]));
  const ports = await plug(uses, { settings: settings.process, clock, log, releases, ownListeners: state.ownListeners, onFatal: (error) => onFatal(error, log) });
  // gRPC is loaded only where roles are split: most installations never need it.
  const far = peers.length > 0 || answersOthers(settings) ? await import("./far.ts") : undefined;
  await startRoles(order, {
    settings,
    ports,
    channel: far ? far.openChannels(peerToken.reveal(), releases) : unreachable,
    clock,
    ids: createIds(clock.now),
    log,
    telemetry,
    releases,
    onStarted(one) {
      state.started.push(one);
      for (const [name, origin] of Object.entries(one.handle.bound ?? {})) note(name, origin);
    },
  });
  const addresses = (await far?.serveOthers(state.started, settings, { log, releases })) ?? [];
  for (const address of addresses) note("grpc", `grpc://${address}`);
  if (addresses.length > 0) state.bound["grpc"] = addresses.join(",");
  for (const { handle } of state.started) await handle.begin?.();
  consume(state.started, { ports, settings, releases });
}

function unreachable(): never {
  throw new Error("a role asked for a peer although there are none");
}

function openHealth({ process: own }: Settings, state: ProcessState, telemetry: Telemetry): HealthServer {
  const readiness = () => new Map<string, Readiness>(state.started.flatMap(({ role, handle }) => (handle.ready ? [[role.name, handle.ready]] : [])));
  return listening(own.healthHost, own.healthPort, () =>
    serveHealth({ host: own.healthHost, port: own.healthPort, readiness, phase: () => state.phase, telemetry, moreMetrics: () => expositionOf(state.started) }),
  );
}

/** What the metrics role has to say, when it runs here. */
async function expositionOf(started: StartedRoleOf[]): Promise<string> {
  type Metrics = { getExposition(request: object, call: unknown): Promise<{ text?: string }> };
  const metrics = started.find(({ role }) => role.name === "metrics")?.handle.api as Metrics | undefined;
  return (await metrics?.getExposition({}, systemCall("health")))?.text ?? "";
}
