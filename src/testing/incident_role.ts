/** The incident role on a real SQLite file, with a clock of the test's and a queue that keeps what it was given. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { type CheckResult, CheckResultSchema, type IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { Api } from "#kernel/rpc/contract";
import { createTelemetry } from "#kernel/telemetry";
import type { Delivery, Queue } from "#ports/queue";
import { openSqlite, type SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteCorrectionStore } from "../adapters/sqlite/corrections.ts";
import { createSqliteIncidentStore } from "../adapters/sqlite/incidents.ts";
import { createSqliteMaintenanceStore } from "../adapters/sqlite/maintenance.ts";
import role from "../roles/incident/role.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import type { TempStore } from "./temp_store.ts";

export interface IncidentRoleUnderTest {
  api: Api<typeof IncidentService>;
  clock: FakeClock;
  /** What the queue `notifications` was given, in order. */
  events: IncidentEvent[];
  /** Gives results to the role as the queue does; resolves with how many were acknowledged. */
  take(...results: CheckResult[]): Promise<number>;
  ready(): string;
  stop(): Promise<void>;
}

export interface IncidentSurroundings {
  clock?: FakeClock;
  /** What the queue `notifications` holds already; the same list over a restart. */
  events?: IncidentEvent[];
  /** Throws to refuse an event. */
  accept?: () => void;
  /** What config knows. */
  checks?: KnownCheck[];
  /** What core says of our own network, and of itself; without it core is away. */
  core?: object;
  /** What the scheduler says of how often checks run; without it none does. */
  pulse?: () => { shortestPeriodMs: number; activeSinceMs: number };
  /** Whose platform it is; "" when nobody is there yet. */
  operatorTenantId?: string;
}

export interface KnownCheck {
  id: string;
  tenantId?: string;
  name?: string;
  tags?: Record<string, string>;
}

export async function startIncidentRole(store: SqliteStore, around: IncidentSurroundings = {}): Promise<IncidentRoleUnderTest> {
  const { clock = createFakeClock(), events = [], accept = () => {} } = around;
  const releases = createReleases(silentLog);
  const publish = async (_queue: string, messages: { body: IncidentEvent }[]) => {
    accept();
    events.push(...messages.map((message) => message.body));
  };
  const context = {
    settings: { reopenWindow: 600_000, incidentRetention: 365 * 86_400_000 },
    needs: { config: configOf(around.checks ?? []), auth: { getTenancy: async () => ({ tenants: 1, operatorTenantId: around.operatorTenantId ?? "" }) }, core: around.core ?? {}, scheduler: { getPulse: async () => around.pulse?.() ?? { shortestPeriodMs: 0, activeSinceMs: 0 } } },
    ports: { incidents: createSqliteIncidentStore(store), maintenance: createSqliteMaintenanceStore(store), corrections: createSqliteCorrectionStore(store), queue: { publish } as unknown as Queue },
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
    telemetry: createTelemetry(),
    releases,
  };
  const started = await role.start(context as never);
  await started.begin?.();
  const handle = started.on["check_results"] as (batch: Delivery<"check_results">[]) => Promise<void>;
  return {
    api: started.api as Api<typeof IncidentService>,
    clock,
    events,
    async take(...results) {
      let acknowledged = 0;
      const ack = async () => void acknowledged++;
      await handle(results.map((body) => ({ id: body.result!.id, tenantId: body.check!.tenantId, body, attempt: 1, ack, retry: async () => {}, giveUp: async () => {} })));
      await clock.advance(0);
      return acknowledged;
    },
    ready: () => started.ready?.() ?? "",
    stop: () => releases.releaseAll(),
  };
}

/** Config as far as the role asks it. */
function configOf(checks: readonly KnownCheck[]) {
  const known = checks.map((check) => create(CheckSchema, { tenantId: "ten_1", name: check.id, type: "http", ...check }));
  return {
    async *watchChecks(_request: object, call: Call) {
      for (const value of known) yield { change: { case: "saved", value } };
      yield { change: { case: "synced", value: true } };
      await new Promise<void>((resolve) => call.signal.addEventListener("abort", () => resolve()));
    },
    async getCheck({ id }: { id: string }, call: Call) {
      const found = known.find((check) => check.id === id && check.tenantId === call.tenantId);
      if (!found) throw new AppError("not_found", `no check ${JSON.stringify(id)}`);
      return found;
    },
  };
}

/** What a process that dies now leaves on the disk, opened by the next one. */
export function afterKill(temp: TempStore): TempStore {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  cpSync(temp.dir, dir, { recursive: true });
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = openSqlite({ path: join(dir, "uptimeping.db"), groupMs: 0, onFatal });
  return {
    store,
    dir,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface RunWish {
  status?: "up" | "degraded" | "down" | "unknown";
  /** Hash of its error. */
  error?: string;
  /** Minutes after the start of the test. */
  minute: number;
  /** Place in core's log; grows with the minute unless told otherwise. */
  sequence?: number;
  checkId?: string;
  tenantId?: string;
  location?: string;
  trigger?: string;
  severity?: string;
  dependsOn?: string[];
  failureThreshold?: number;
  /** Those that the check names; without them it is one of an earlier version. */
  locations?: string[];
  quorum?: string;
}

const startMs = Date.UTC(2026, 0, 1);

/** A result as core sends it; the check fails and recovers after two runs unless told otherwise. */
export function runResult(wish: RunWish): CheckResult {
  const { status = "down", minute, checkId = "chk_1", tenantId = "ten_1", location = "default", trigger = "schedule", error = "refused" } = wish;
  const atMs = startMs + minute * 60_000;
  const target = { url: "https://robot:hunter2@shop.example/health?api_key=k1", headers: { authorization: "Bearer t0ken" }, body: "pin=1234" };
  return create(CheckResultSchema, {
    sequence: wish.sequence ?? Math.round(minute * 10),
    check: {
      id: checkId,
      tenantId,
      name: "Shop",
      type: "http",
      target,
      failureThreshold: wish.failureThreshold ?? 2,
      recoveryThreshold: 2,
      severity: wish.severity ?? "",
      dependsOn: wish.dependsOn ?? [],
      channels: ["chn_1"],
      locations: wish.locations ?? [],
      quorum: wish.quorum ?? "",
    },
    result: {
      id: `run_${checkId}_${minute}_${location}`,
      checkId,
      location,
      scheduledAtMs: atMs,
      startedAtMs: atMs + 0.25,
      finishedAtMs: atMs + 40,
      status,
      trigger,
      ...(status !== "up" && { error: { hash: error, kind: "connect_refused", message: `connection failed: ${error}` } }),
    },
  });
}
