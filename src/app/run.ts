/** Roles wanted → order → start → serve → stop. */
import { hostname } from "node:os";
import { systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { createLog, type Log } from "#kernel/log";
import type { AnyRole } from "#kernel/role";
import { createTelemetry, type Telemetry } from "#kernel/telemetry";
import { homeLocation } from "#ports/queue";
import type { Far } from "./far.ts";
import { serveHealth, type HealthServer } from "./health.ts";
import { addressesReliedOn, listenersOf, listening, writeReadyFile } from "./listeners.ts";
import { lead, type Leading } from "./lead.ts";
import { startOrder } from "./place.ts";
import { plug } from "./plug.ts";
import { consume, standBy, startRoles, type StandingRole, type StartContext, type StartedRoleOf } from "./start_roles.ts";
import { withTracing } from "./traced_queue.ts";
import { openTracing } from "./traces.ts";
import { answersOthers, hasPeers, peerOf, sharesItsStore, type ProcessSettings, type Settings } from "./settings.ts";

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
  /** Ends the process: another one leads now, or this one could not begin to. It may be started again, and then stands by. */
  onDeposed: (reason: string, log: Log) => void;
}

/** What is known of the process while it starts, stands by, runs and stops. */
interface ProcessState {
  phase: "starting" | "standing by" | "started" | "stopping";
  bound: Record<string, string>;
  ownListeners: string[];
  started: StartedRoleOf[];
  standing: StandingRole[];
  leading: Leading | undefined;
  far: Far | undefined;
  stopping: AbortSignal;
  /** It does what it is there for from now on: stands by, or serves. */
  ready(phase: "standing by" | "started"): void;
}

type Surroundings = Omit<StartContext, "leading" | "onStarted">;

/** Resolves when the process serves, or stands by. */
export async function runApp(options: RunOptions): Promise<RunningApp> {
  const { process: own } = options.settings;
  const format = own.logFormat === "auto" ? (options.isTerminal ? "pretty" : "json") : own.logFormat;
  const log = createLog({ level: own.logLevel, format, now: systemClock.now, write: options.writeLog });
  const releases = createReleases(log);
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  const state: ProcessState = {
    phase: "starting",
    bound: {},
    ownListeners: [],
    started: [],
    standing: [],
    leading: undefined,
    far: undefined,
    stopping: stopping.signal,
    ready(phase) {
      state.phase = phase;
      if (own.readyFile !== "") writeReadyFile(own.readyFile, state.bound);
      firstReady.resolve();
    },
  };
  const stop = async () => {
    state.phase = "stopping";
    stopping.abort();
    await releases.releaseAll();
  };
  start(options, state, { log, releases }).catch((error) => {
    // One that stood by has nobody who waits for its start.
    if (state.phase === "standing by") options.onDeposed(`it could not begin to lead: ${messageOf(error)}`, log);
    firstReady.reject(error);
  });
  try {
    await firstReady.promise;
  } catch (error) {
    await stop();
    throw error;
  }
  return { bound: state.bound, lines: announced(state, options.settings), log, stop };
}

function announced({ phase, bound, started }: ProcessState, { process: own, values }: Settings): string[] {
  if (own.location !== homeLocation) return [`at the location ${own.location}: this process probes for the core that leads`];
  if (phase === "standing by") return ["standing by: another process leads, and this one takes over when it ends"];
  // Nobody can open "every address of this machine" in a browser.
  const local = (bound["http"] ?? "").replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]");
  const publicUrl = (values["publicUrl"] as string | undefined) || local;
  return started.flatMap(({ handle }) => handle.announce?.() ?? []).map(({ text, path }) => `${text}: ${publicUrl}${path}`);
}

async function start(options: RunOptions, state: ProcessState, { log, releases }: { log: Log; releases: ReturnType<typeof createReleases> }): Promise<void> {
  const { settings, onFatal } = options;
  const own = settings.process;
  const clock = systemClock;
  const tracing = await openTracing(settings.process, { log, releases });
  const telemetry = createTelemetry(tracing);
  const order = startOrder(options.roles);

  const health = openHealth(settings, state, telemetry);
  releases.add("health server", () => health.stop());
  note(state, "health", health.origin);

  state.ownListeners.push(...(await addressesReliedOn(settings)));

  const isAway = own.location !== homeLocation;
  if (isAway) refuseAway(order, settings);
  const led = isAway ? [] : order.filter(({ leads }) => leads).map(({ name }) => name);
  const uses = isAway ? new Set(["egress"]) : usesOf(order);
  const life = `${hostname()}-${process.pid}-${Bun.randomUUIDv7()}`;
  const epochOf = (role: string) => state.leading?.of(role).epoch() ?? 0;
  const ports = await plug(uses, { settings: own, clock, log, releases, ownListeners: state.ownListeners, onFatal: (error) => onFatal(error, log), life, epochOf });
  if (ports.queue) ports.queue = withTracing(ports.queue, tracing);
  // gRPC is loaded only where roles are split: most installations never need it.
  state.far = hasPeers(settings) || answersOthers(settings) ? (await import("./far.ts")).openFar(settings, order, { clock, log, telemetry, releases }) : undefined;
  const surroundings: Surroundings = { settings, ports, channel: state.far?.channel ?? unreachable, clock, ids: createIds(clock.now), log, telemetry, releases };

  if (isAway) return helpOthers(order, state, surroundings);
  if (led.length > 0) {
    releases.add("what stands by", () => dismiss(state));
    state.leading = await lead({
      roles: led,
      leases: ports.leases!,
      holder: holderOf(own, life),
      clock,
      log,
      signal: state.stopping,
      competes: sharesItsStore(own),
      onStandBy: () => helpOthers(order, state, surroundings),
      onLost: (role) => options.onDeposed(`another process leads ${role} now`, log),
    });
    releases.add("leases", () => state.leading!.resign());
    await dismiss(state);
  }
  await serveRoles(order, state, surroundings);
  state.ready("started");
}

async function serveRoles(order: AnyRole[], state: ProcessState, surroundings: Surroundings): Promise<void> {
  await startRoles(order, {
    ...surroundings,
    leading: state.leading,
    onStarted(one) {
      state.started.push(one);
      for (const [name, origin] of Object.entries(one.handle.bound ?? {})) note(state, name, origin);
    },
  });
  const addresses = (await state.far?.serve(state.started, state.leading)) ?? [];
  for (const address of addresses) note(state, "grpc", `grpc://${address}`);
  if (addresses.length > 0) state.bound["grpc"] = addresses.join(",");
  for (const { handle } of state.started) await handle.begin?.();
  consume(state.started, surroundings);
}

function helpOthers(order: AnyRole[], state: ProcessState, surroundings: Surroundings): void {
  state.standing = standBy(order, surroundings);
  state.ready("standing by");
}

async function dismiss(state: ProcessState): Promise<void> {
  const { standing } = state;
  state.standing = [];
  await Promise.all(standing.map((one) => one.standing.stop()));
}

function note(state: ProcessState, name: string, origin: string): void {
  state.bound[name] = origin;
  state.ownListeners.push(...listenersOf(origin));
}

function usesOf(order: AnyRole[]): Set<string> {
  const uses = new Set(order.flatMap((role) => [...role.uses, ...(role.listens.length > 0 ? ["queue"] : [])]));
  return order.some(({ leads }) => leads) ? uses.add("leases") : uses;
}

function refuseAway(order: AnyRole[], settings: Settings): void {
  const { location } = settings.process;
  if (order.some(({ name }) => name !== "core")) throw new AppError("invalid_argument", `at the location ${location} only the role core can run: start it with --role core`);
  if (peerOf(settings, "core") === "") throw new AppError("invalid_argument", `at the location ${location} the cores at home have to be known: set peers.core`);
}

/** In a file of its own nobody competes with it, but an earlier life; elsewhere only a name that was given survives a restart. */
function holderOf(own: ProcessSettings, life: string): string {
  if (own.instanceId !== "") return own.instanceId;
  return sharesItsStore(own) ? life : "local";
}

function unreachable(): never {
  throw new Error("a role asked for a peer although there are none");
}

function openHealth({ process: own }: Settings, state: ProcessState, telemetry: Telemetry): HealthServer {
  const first = (...texts: (string | undefined)[]) => texts.find((text) => text) ?? "";
  const ofRoles = (say: (one: StartedRoleOf) => string) => state.started.flatMap((one) => (one.handle.ready || state.far ? [[one.role.name, () => say(one)] as const] : []));
  const readiness = () => new Map(ofRoles(({ role, handle }) => first(handle.ready?.(), state.far?.troubles(role).reason)));
  const standing = () => state.standing.map((one) => [one.role.name, one.standing.remark] as const);
  const remarks = () => new Map([...ofRoles(({ role, handle }) => first(handle.remark?.(), state.far?.troubles(role).remark)), ...standing()]);
  return listening(own.healthHost, own.healthPort, () =>
    serveHealth({ host: own.healthHost, port: own.healthPort, readiness, remarks, phase: () => state.phase, telemetry, moreMetrics: () => expositionOf(state.started) }),
  );
}

/** What the metrics role has to say, when it runs here. */
async function expositionOf(started: StartedRoleOf[]): Promise<string> {
  type Metrics = { getExposition(request: object, call: unknown): Promise<{ text?: string }> };
  const metrics = started.find(({ role }) => role.name === "metrics")?.handle.api as Metrics | undefined;
  return (await metrics?.getExposition({}, systemCall("health")))?.text ?? "";
}
