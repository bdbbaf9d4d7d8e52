/** What core knows: every check with its state, whose tasks the runner runs, and what came of them. */
import { create } from "@bufbuild/protobuf";
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { CheckSchema, type Check, type ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result, ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import type { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { createBroadcast } from "#kernel/broadcast";
import { systemCall, tenantOf, type Call } from "#kernel/call";
import { sleep, type Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { followSet } from "#kernel/follow_set";
import type { RoleContext } from "#kernel/role";
import type { Client } from "#kernel/rpc/contract";
import type { ValuesOf } from "#kernel/settings";
import type { Ports } from "#ports/index";
import { platformTenant } from "#ports/platform_tenant";
import { homeLocation } from "#ports/queue";
import { createBaselineKeeper } from "./baselines.ts";
import { stateOfTail, type CheckState } from "./check_state.ts";
import { canariesOf } from "./connectivity/canaries.ts";
import { createConnectivity, type Connectivity } from "./connectivity/connectivity.ts";
import { openHeartbeats, type Heartbeats } from "./heartbeat/heartbeats.ts";
import { createLentThreads, type LentThreads } from "./lent_threads.ts";
import { stateOver } from "./location_states.ts";
import { createPlatformConditions, type PlatformConditions } from "./platform/conditions.ts";
import { createProbePool } from "./probe_pool.ts";
import { reflectServer, type Reflection, type ReflectionRequest } from "./reflection.ts";
import { createRelay } from "./relay.ts";
import { detailOf, messageOfResult, storedResultOf } from "./result_message.ts";
import { createRunner, type Task } from "./runner.ts";
import { createStates } from "./series_states.ts";
import type { coreSettings } from "./settings.ts";

export type Context = RoleContext<
  { auth: Client<typeof AuthService>; config: Client<typeof ConfigService>; forge: Client<typeof ForgeService> },
  Pick<Ports, "results" | "baselines" | "heartbeats" | "vault" | "queue" | "egress">,
  ValuesOf<typeof coreSettings>
>;

export interface Core {
  take(task: Task): void;
  execute(check: Check): Promise<Result>;
  reflect(request: ReflectionRequest): Promise<Reflection>;
  readonly heartbeats: Heartbeats;
  readonly connectivity: Connectivity;
  /** Threads of other core processes. */
  readonly lent: LentThreads;
  readonly platform: Pick<PlatformConditions, "list">;
  /** The check itself, for a caller who may have created it this moment. Refuses with not_found when it is not of their tenant. */
  checkFor(id: string, call: Call): Promise<Check>;
  /** Refuses with not_found when the check is not of this tenant. */
  known(tenantId: string, checkId: string): KnownCheck;
  /** Undefined when the check is not known, or not of this tenant. */
  find(tenantId: string, checkId: string): Check | undefined;
  /** Of all tenants when none is named. */
  checksOf(tenantId: string | undefined): Iterable<KnownCheck>;
  /** At each location that the check names, in that order. */
  statesOf(check: Check): CheckState[];
  /** What the states at its locations come to. */
  overall(check: Check): Pick<CheckState, "status" | "sinceMs">;
  /** Where there are cores: home, and whatever has attached itself. */
  attached(): AttachedCores[];
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<ResultEvent>;
  readonly results: Ports["results"];
  readonly baselines: Ports["baselines"];
  readonly clock: Clock;
  now(): number;
  begin(): Promise<void>;
  stop(): Promise<void>;
  readiness(): string;
  /** What is worth saying although it can do its work. */
  remark(): string;
}

export interface KnownCheck {
  check: Check;
  /** Where its newest results stand for the check: at home, or at the first location. */
  state: CheckState;
}

export interface AttachedCores {
  location: string;
  cores: number;
  threads: number;
}

const maintainEveryMs = 100;
const againAfterMs = 500;
const rulesEveryMs = 1_000;
// With the waits of the other roles this stays below the 25 s that a stop may take; what has not ended runs again.
const drainMs = 6_000;

export async function createCore(context: Context, openPool = createProbePool, openConnectivity = createConnectivity): Promise<Core> {
  const { needs, ports, clock, log, settings, telemetry } = context;
  const states = createStates();
  let lastAliveMs = 0;
  for (const tail of await ports.results.open()) {
    states.add(stateOfTail(tail));
    lastAliveMs = Math.max(lastAliveMs, tail.lastSlotMs);
  }
  const checks = new Map<string, Check>();
  const events = createBroadcast<{ tenantId: string; event: ResultEvent }>();
  const relay = createRelay(ports, context);
  const stopping = new AbortController();
  let synced = false;

  const pool = openPool({
    workers: settings.coreWorkers,
    log,
    clock,
    descriptors: async (tenantId, id) => (await needs.forge.getDescriptors({ id }, systemCall("core", tenantId))).fileDescriptorSet,
    baselines: createBaselineKeeper(ports.baselines, clock, (tenantId, checkId) => checks.get(checkId)?.tenantId === tenantId),
  });
  telemetry.gauge("runs_in_flight", "Probes running now", [], (gauge) => gauge.set(pool.inFlight));

  const find = (tenantId: string, checkId: string) => {
    const check = checks.get(checkId);
    return check?.tenantId === tenantId ? check : undefined;
  };

  const overall = (check: Check) => (check.locations.length <= 1 ? states.leading(check) : stateOver(states.ofAll(check), check.quorum));

  const heartbeats = await openHeartbeats({
    store: ports.heartbeats,
    vault: ports.vault,
    clock,
    checkOf: (checkId) => checks.get(checkId),
    stateOf: (check) => states.of(check, homeLocation),
    // Not from the queue: when its result cannot be stored, the next slot says the same.
    give: (body) => take({ id: body.runId, tenantId: body.check!.tenantId, body, attempt: 1, ack: async () => {}, retry: async () => {}, giveUp: async () => {} }),
    lastAliveMs,
  });

  const connectivity = openConnectivity({ canaries: canariesOf(settings.canaries), rules: () => ports.egress.rules(), clock, log, telemetry });

  const platform = createPlatformConditions({ connectivity, heldChecks: () => pool.heldChecks(), clock, settings });

  const run = createRunner({
    pool,
    heartbeats,
    relay,
    connectivity,
    platform,
    results: ports.results,
    events,
    stateOf: states.of,
    statusOf: (check) => overall(check).status,
    isCurrent: states.isCurrent,
    clock,
    log,
    telemetry,
  });

  /** The dead man's switch walks with checks that nobody saved and nobody will delete: one goes when the next comes. */
  let walker = "";
  const forgetFormerWalker = (checkId: string) => {
    if (walker !== "" && walker !== checkId) forget(walker);
    walker = checkId;
  };

  const take = (task: Task): void => {
    const { check } = task.body;
    if (check?.tenantId === platformTenant) forgetFormerWalker(check.id);
    // Where the scheduler is in this process it holds the same check: one copy of a hundred thousand is enough.
    if (check && checks.get(check.id)?.version === check.version) checks.set(check.id, check);
    run(task);
  };

  const refreshRules = async (): Promise<void> => {
    const { tenants } = await needs.auth.getTenancy({}, systemCall("core"));
    pool.setRules(ports.egress.rules(), tenants <= 1);
  };

  const maintain = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await ports.results.maintain(clock.now()).catch((error) => log.error("the results were not tidied", { error }));
      await sleep(clock, maintainEveryMs, stopping.signal).catch(() => {});
    }
  };

  const forget = (checkId: string) => {
    const known = states.forget(checkId);
    checks.delete(checkId);
    pool.forget(checkId);
    heartbeats.forget(checkId).catch((error) => log.error("the pings of a deleted check were not forgotten", { check: checkId, error }));
    if (known.length === 0) return;
    Promise.all([...known.map((state) => ports.results.forget(state.tenantId, state.checkId)), ports.baselines.remove(known[0]!.tenantId, checkId)]).catch((error) => log.error("a deleted check was not forgotten", { check: checkId, error }));
  };

  return {
    take,
    heartbeats,
    connectivity,
    lent: createLentThreads(pool, context),
    platform,
    async checkFor(id, call) {
      const check = checks.get(id);
      // One that was created this moment may not have reached this role yet.
      return check?.tenantId === tenantOf(call) ? check : needs.config.getCheck({ id }, call);
    },
    results: ports.results,
    baselines: ports.baselines,
    clock,
    now: () => clock.now(),
    execute: (check) =>
      new Promise((resolve) =>
        pool.run(create(CheckSchema, { ...check, id: "" }), "excerpt", { ended: (run) => {
          const slot = { tenantId: check.tenantId, checkId: check.id, checkNo: 0, slotMs: Math.floor(run.startedAtMs), trigger: "manual" } as const;
          const result = { ...storedResultOf(run, slot, undefined), detail: detailOf(run, check.id) };
          const message = messageOfResult(result);
          message.trigger = "test";
          message.finishedAtMs = run.finishedAtMs;
          resolve(message);
        } }),
      ),
    reflect: (request) => reflectServer(pool, request),
    find,
    known(tenantId, checkId) {
      const check = find(tenantId, checkId);
      if (!check) throw new AppError("not_found", `no check ${JSON.stringify(checkId)}`);
      return { check, state: states.leading(check) };
    },
    *checksOf(tenantId) {
      for (const check of checks.values()) if (tenantId === undefined || check.tenantId === tenantId) yield { check, state: states.leading(check) };
    },
    statesOf: states.ofAll,
    overall,
    attached: () => pool.locations().map(({ location, processes, threads }) => ({ location, cores: processes, threads })),
    watch: (tenantId, signal) => eventsOf(events.subscribe(signal, (one) => one.tenantId === tenantId)),
    async begin() {
      // Roles of other processes may start later than this one.
      while (!(await refreshRules().then(() => true, isAway))) await sleep(clock, againAfterMs, stopping.signal);
      const timer = clock.every(rulesEveryMs, () => void refreshRules().catch((error) => log.warn("the egress rules were not refreshed", { reason: messageOf(error) })));
      stopping.signal.addEventListener("abort", () => timer.cancel());
      void maintain();
      connectivity.begin();
      const firstSync = Promise.withResolvers<void>();
      void followSet(context, stopping.signal, {
        role: "core",
        what: "config's checks",
        open: (call) => needs.config.watchChecks({}, call),
        saved: (check) => void checks.set(check.id, check),
        deleted: forget,
        synced(known) {
          // Also those that were deleted while this process was down.
          for (const checkId of new Set([...checks.keys(), ...states.checkIds(), ...heartbeats.inherited])) if (!known.has(checkId)) forget(checkId);
          synced = true;
          firstSync.resolve();
        },
      });
      // Told before the first new result, so that each check's results are told in order.
      await firstSync.promise;
      await relay.tellRest((checkId) => checks.get(checkId));
    },
    async stop() {
      connectivity.stop();
      for (const until = clock.monotonic() + drainMs; pool.inFlight > 0 && clock.monotonic() < until; ) await sleep(clock, 20);
      stopping.abort();
      pool.stop();
      await ports.results.flush();
    },
    readiness: () => (synced ? "" : "the checks are still being read"),
    remark: () => (connectivity.report().state === "offline" ? `our own connectivity is lost: ${connectivity.summary()}` : ""),
  };
}

/** False for what will pass; everything else is thrown on. */
function isAway(error: unknown): false {
  if (error instanceof AppError && (error.code === "unavailable" || error.code === "deadline_exceeded")) return false;
  throw error;
}

async function* eventsOf(stream: AsyncIterable<{ event: ResultEvent }>): AsyncGenerator<ResultEvent> {
  for await (const { event } of stream) yield event;
}
