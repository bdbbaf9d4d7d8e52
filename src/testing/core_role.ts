/** Core on a real SQLite file, with a clock of the test's, probes that end when the test says so, and queues that keep what they were given. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { CheckSchema, type Check, type CheckChange } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { CheckTaskSchema, type CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createIds, runIdOf } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import { createTelemetry } from "#kernel/telemetry";
import { homeLocation, type Delivery } from "#ports/queue";
import type { ResultStore } from "#ports/results";
import { createVault } from "../adapters/in_process/vault.ts";
import { createSqliteBaselineStore } from "../adapters/sqlite/baselines.ts";
import type { SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteHeartbeatStore } from "../adapters/sqlite/heartbeats.ts";
import { createSqliteResultStore } from "../adapters/sqlite/results.ts";
import { createConnectivity } from "../roles/core/connectivity/connectivity.ts";
import type { Knock } from "../roles/core/connectivity/knock.ts";
import { serveCore, takeTasks } from "../roles/core/handlers.ts";
import type { FinishedRun } from "../roles/core/finished_run.ts";
import type { ProbePool, RunOwner } from "../roles/core/probe_pool.ts";
import { createCore, type Context } from "../roles/core/service.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";

const day = 86_400_000;

export interface CoreRoleUnderTest {
  core: Client<typeof CoreService>;
  clock: FakeClock;
  results: ResultStore;
  pool: FakePool;
  /** What the queue `check_results` was given, in order. */
  told: CheckResult[];
  config: FakeConfig;
  /** Gives a task to the role as the queue does. */
  give(check: Check, slotMs: number, fields?: MessageInitShape<typeof CheckTaskSchema>): GivenTask;
  /** Gives a task, ends its run and waits until it is stored. */
  run(check: Check, slotMs: number, end?: Partial<FinishedRun>): Promise<GivenTask>;
  /** Resolves when everything that was asked of the store so far is on disk and its consequences have run. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface GivenTask {
  acknowledged: boolean;
  /** Why it was given back; "" when it was not. */
  givenBack: string;
}

export interface CoreSurroundings {
  clock?: FakeClock;
  checks?: Check[];
  /** Stands before the real store of results. */
  results?: (real: ResultStore) => ResultStore;
  /** Called for each message to `check_results`; what it gives is when that has been handled. */
  handle?: (message: CheckResult) => Promise<void>;
  /** A log of results with this many rows is sealed. */
  logRows?: number;
  /** What the one canary says when it is asked; without it there is none. */
  canary?: () => Knock;
}

export async function startCoreRole(store: SqliteStore, around: CoreSurroundings = {}): Promise<CoreRoleUnderTest> {
  const { clock = createFakeClock(), checks = [], results: before = (real) => real, handle = async () => {} } = around;
  const retention = { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 1_100 * day };
  const results = before(createSqliteResultStore({ store, clock, retention, logRows: around.logRows ?? 1_000 }));
  const told: CheckResult[] = [];
  const publish = async (_queue: string, messages: { body: CheckResult }[]) => {
    told.push(...messages.map((message) => message.body));
    for (const { body } of messages) await handle(body);
  };
  const pool = createFakePool();
  const config = createFakeConfig(checks);
  const context = {
    settings: { coreConcurrency: 100, coreWorkers: 1, lateAfter: 5_000, missedAlarm: 20, canaries: around.canary ? ["canary.example:53"] : ["none"] },
    needs: { config, auth: { getTenancy: async () => ({ tenants: 1 }) }, forge: {} },
    ports: { results, baselines: createSqliteBaselineStore(store), heartbeats: createSqliteHeartbeatStore(store), vault: createVault(new Uint8Array(32).fill(7)), queue: { publish }, egress: { rules: () => ({ allow: [], deny: [], own: [], grants: {} }) } },
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
    telemetry: createTelemetry(),
  } as unknown as Context;
  const core = await createCore(context, () => pool, (options) => createConnectivity({ ...options, ...(around.canary && { ask: async () => around.canary!() }) }));
  await core.begin();
  const take = takeTasks(core);

  const settled = async () => {
    await store.write(() => {});
    await clock.advance(0);
  };
  const give: CoreRoleUnderTest["give"] = (check, slotMs, fields = {}) => {
    const given: GivenTask = { acknowledged: false, givenBack: "" };
    const runId = runIdOf(check.id, slotMs, homeLocation);
    const body = create(CheckTaskSchema, { runId, check, slotMs, trigger: "schedule", everyMs: 60_000, dueSinceMs: slotMs, ...fields });
    const ack = async () => void (given.acknowledged = true);
    const retry = async (reason: string) => void (given.givenBack = reason);
    void take([{ id: runId, tenantId: check.tenantId, body, attempt: 1, ack, retry, giveUp: retry } satisfies Delivery<"check_tasks">]);
    return given;
  };
  return {
    core: localClient(CoreService, serveCore(core), clock, silentLog),
    clock,
    results,
    pool,
    told,
    config,
    give,
    async run(check, slotMs, end) {
      const given = give(check, slotMs);
      pool.end({ startedAtMs: slotMs, finishedAtMs: slotMs + 12, ...end });
      await settled();
      return given;
    },
    settled,
    stop: () => core.stop(),
  };
}

export interface FakePool extends ProbePool {
  /** The runs that are under way, oldest first. */
  running: { check: Check; owner: RunOwner; location: string | undefined }[];
  forgotten: string[];
  /** Ends all runs that are under way, in one batch. */
  end(as?: Partial<FinishedRun>): void;
}

function createFakePool(): FakePool {
  let listener = () => {};
  const pool: FakePool = {
    running: [],
    forgotten: [],
    run: (check, _wants, owner, _startAtMs, location) => void pool.running.push({ check, owner, location }),
    onBatch: (next) => void (listener = next),
    forget: (checkId) => void pool.forgotten.push(checkId),
    setRules: () => {},
    heldChecks: () => [],
    attach: () => {},
    locations: () => [{ location: homeLocation, processes: 1, threads: 1 }],
    get inFlight() {
      return pool.running.length;
    },
    stop: () => {},
    end(as = {}) {
      for (const { owner } of pool.running.splice(0)) owner.ended(finishedRun(as));
      listener();
    },
  };
  return pool;
}

function finishedRun(as: Partial<FinishedRun>): FinishedRun {
  const none = Number.NaN;
  const error = as.status === undefined || as.status === "up" ? undefined : ({ kind: "connect_refused", message: "connection refused" } as const);
  return {
    status: "up",
    startedAtMs: 0,
    finishedAtMs: 0,
    latencyMs: 12,
    dnsMs: none,
    connectMs: 1,
    tlsMs: none,
    firstByteMs: 10,
    transferMs: 1,
    code: 200,
    bodyBytes: 5,
    attempts: 1,
    probeLagMs: 0,
    lostSyns: 0,
    again: false,
    network: undefined,
    error,
    detail: undefined,
    detailJson: "",
    ...as,
  };
}

export interface FakeConfig {
  getCheck(request: { id: string }, call: Call): Promise<Check>;
  save(check: Check): void;
  remove(checkId: string): void;
  watchChecks(request: object, call: Call): AsyncIterable<{ change: CheckChange["change"] }>;
}

function createFakeConfig(checks: Check[]): FakeConfig {
  const known = new Map(checks.map((check) => [check.id, check]));
  const changes = createBroadcast<CheckChange["change"]>();
  return {
    async getCheck({ id }, call) {
      const check = known.get(id);
      if (check?.tenantId !== call.tenantId) throw new AppError("not_found", `no check ${JSON.stringify(id)}`);
      return check;
    },
    save(check) {
      known.set(check.id, check);
      changes.send({ case: "saved", value: check });
    },
    remove(checkId) {
      known.delete(checkId);
      changes.send({ case: "deleted", value: checkId });
    },
    async *watchChecks(_request, call) {
      const later = changes.subscribe(call.signal);
      for (const value of known.values()) yield { change: { case: "saved", value } };
      yield { change: { case: "synced", value: true } };
      for await (const change of later) yield { change };
    },
  };
}

export function aCheck(id: string, fields: MessageInitShape<typeof CheckSchema> = {}): Check {
  return create(CheckSchema, { id, tenantId: "ten_1", name: "Shop", type: "http", enabled: true, target: { url: "http://127.0.0.1:1/" }, timeoutMs: 5_000, version: 1, ...fields });
}
