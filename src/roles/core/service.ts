/** What core knows: every check with its state, whose tasks the runner runs, and what came of them. */
import { create } from "@bufbuild/protobuf";
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { CheckSchema, type Check, type ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result, ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import type { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { createBroadcast } from "#kernel/broadcast";
import { systemCall } from "#kernel/call";
import { sleep } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { followSet } from "#kernel/follow_set";
import type { RoleContext } from "#kernel/role";
import type { Client } from "#kernel/rpc/contract";
import type { ValuesOf } from "#kernel/settings";
import type { Ports } from "#ports/index";
import { homeLocation } from "#ports/queue";
import { newState, stateOfTail, type CheckState } from "./check_state.ts";
import { createProbePool } from "./probe_pool.ts";
import { createRelay } from "./relay.ts";
import { detailOf, messageOfResult, storedResultOf } from "./result_message.ts";
import { createRunner, type Task } from "./runner.ts";
import type { coreSettings } from "./settings.ts";

export type Context = RoleContext<
  { auth: Client<typeof AuthService>; config: Client<typeof ConfigService>; forge: Client<typeof ForgeService> },
  Pick<Ports, "results" | "queue" | "egress">,
  ValuesOf<typeof coreSettings>
>;

export interface Core {
  take(task: Task): void;
  execute(check: Check): Promise<Result>;
  /** Refuses with not_found when the check is not of this tenant. */
  known(tenantId: string, checkId: string): { check: Check; state: CheckState };
  checksOf(tenantId: string): Iterable<{ check: Check; state: CheckState }>;
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<ResultEvent>;
  readonly results: Ports["results"];
  readonly location: string;
  now(): number;
  begin(): Promise<void>;
  stop(): Promise<void>;
  readiness(): string;
}

const maintainEveryMs = 100;
const rulesEveryMs = 1_000;
// With the waits of the other roles this stays below the 25 s that a stop may take; what has not ended runs again.
const drainMs = 6_000;

export async function createCore(context: Context, openPool = createProbePool): Promise<Core> {
  const { needs, ports, clock, log, settings, telemetry } = context;
  const states = new Map<string, CheckState>();
  for (const tail of await ports.results.open()) states.set(tail.checkId, stateOfTail(tail));
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
  });
  telemetry.gauge("runs_in_flight", "Probes running now", [], (gauge) => gauge.set(pool.inFlight));

  const stateOf = (check: Check): CheckState => {
    let state = states.get(check.id);
    if (!state) {
      state = newState(check.tenantId, check.id);
      states.set(check.id, state);
    }
    return state;
  };

  const take = createRunner({
    pool,
    relay,
    results: ports.results,
    events,
    stateOf,
    isCurrent: (state) => states.get(state.checkId) === state,
    clock,
    log,
    telemetry,
  });

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
    const state = states.get(checkId);
    checks.delete(checkId);
    states.delete(checkId);
    pool.forget(checkId);
    if (!state) return;
    ports.results.forget(state.tenantId, checkId).catch((error) => log.error("a deleted check was not forgotten", { check: checkId, error }));
  };

  return {
    take,
    location: homeLocation,
    results: ports.results,
    now: () => clock.now(),
    execute: (check) =>
      new Promise((resolve) =>
        pool.run(create(CheckSchema, { ...check, id: "" }), "excerpt", (run) => {
          const slot = { tenantId: check.tenantId, checkId: check.id, slotMs: Math.floor(run.startedAtMs), trigger: "manual" } as const;
          const result = { ...storedResultOf(run, slot, undefined), detail: detailOf(run, check.id) };
          const message = messageOfResult(result, homeLocation);
          message.trigger = "test";
          message.finishedAtMs = run.finishedAtMs;
          resolve(message);
        }),
      ),
    known(tenantId, checkId) {
      const check = checks.get(checkId);
      if (check?.tenantId !== tenantId) throw new AppError("not_found", `no check ${JSON.stringify(checkId)}`);
      return { check, state: stateOf(check) };
    },
    *checksOf(tenantId) {
      for (const check of checks.values()) if (check.tenantId === tenantId) yield { check, state: stateOf(check) };
    },
    watch: (tenantId, signal) => eventsOf(events.subscribe(signal, (one) => one.tenantId === tenantId)),
    async begin() {
      await refreshRules();
      const timer = clock.every(rulesEveryMs, () => void refreshRules().catch((error) => log.warn("the egress rules were not refreshed", { reason: messageOf(error) })));
      stopping.signal.addEventListener("abort", () => timer.cancel());
      void maintain();
      const firstSync = Promise.withResolvers<void>();
      void followSet(context, stopping.signal, {
        role: "core",
        what: "config's checks",
        open: (call) => needs.config.watchChecks({}, call),
        saved: (check) => void checks.set(check.id, check),
        deleted: forget,
        synced(known) {
          // Also those that were deleted while this process was down.
          for (const checkId of new Set([...checks.keys(), ...states.keys()])) if (!known.has(checkId)) forget(checkId);
          synced = true;
          firstSync.resolve();
        },
      });
      // Told before the first new result, so that each check's results are told in order.
      await firstSync.promise;
      await relay.tellRest((checkId) => checks.get(checkId));
    },
    async stop() {
      for (const until = clock.monotonic() + drainMs; pool.inFlight > 0 && clock.monotonic() < until; ) await sleep(clock, 20);
      stopping.abort();
      pool.stop();
      await ports.results.flush();
    },
    readiness: () => (synced ? "" : "the checks are still being read"),
  };
}

async function* eventsOf(stream: AsyncIterable<{ event: ResultEvent }>): AsyncGenerator<ResultEvent> {
  for await (const { event } of stream) yield event;
}
