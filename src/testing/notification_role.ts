/** The notification role on a real SQLite file, with a clock of the test's and a vault that only turns text around. */
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { type IncidentEvent, IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { IncidentSchema } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { type Call, type MemberRole, systemCall } from "#kernel/call";
import type { OperatorRules } from "#kernel/egress";
import { AppError } from "#kernel/errors";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { Secret } from "#kernel/settings";
import type { Api } from "#kernel/rpc/contract";
import { createTelemetry } from "#kernel/telemetry";
import type { Delivery } from "#ports/queue";
import type { Vault } from "#ports/vault";
import { createSqliteChannelStore } from "../adapters/sqlite/channels.ts";
import type { SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteFollowUpStore } from "../adapters/sqlite/follow_ups.ts";
import { createSqliteLedgerStore } from "../adapters/sqlite/ledger.ts";
import { createSqliteRouteStore } from "../adapters/sqlite/routes.ts";
import { createSqliteSilenceStore } from "../adapters/sqlite/silences.ts";
import { createSqliteTemplateStore } from "../adapters/sqlite/templates.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import role from "../roles/notification/role.ts";

export interface RoleUnderTest {
  api: Api<typeof NotificationService>;
  clock: FakeClock;
  /** Gives events to the role as the queue does; resolves when all are acknowledged or given back. */
  take(...events: IncidentEvent[]): Promise<{ acked: number; retried: string[] }>;
  /** Resolves when nothing is due and nothing is being sent. */
  idle(): Promise<void>;
  /** Waits until idle, moves the clock, and waits again. */
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Surroundings {
  /** How many tenants there are; the gate is stricter from the second on. */
  tenants?: number;
  clock?: FakeClock;
  rules?: Partial<OperatorRules>;
  publicUrl?: string;
  /** What the incident role answers. */
  incident?: object;
  /** What core says of every check; without it core is away. */
  checkStatus?: () => Promise<{ strip: string; stripLatencyMs: number[] }>;
}

export async function startRole(store: SqliteStore, around: Surroundings = {}): Promise<RoleUnderTest> {
  const clock = around.clock ?? createFakeClock();
  const releases = createReleases(silentLog);
  const rules: OperatorRules = { allow: [], deny: [], own: [], grants: {}, ...around.rules };
  const context = {
    settings: { notificationRetention: 90 * 86_400_000, notificationConcurrency: 32, publicUrl: around.publicUrl ?? "", deadManUrl: new Secret(""), deadManInterval: 60_000 },
    needs: { config: { readPublishedPages: async () => ({ revision: "", unchanged: false, pages: [] }), listUntold: async () => ({ items: [] }) }, auth: { getTenancy: async () => ({ tenants: around.tenants ?? 1 }) }, core: { getCheckStatus: around.checkStatus ?? (async () => Promise.reject(new AppError("unavailable", "core is away"))) }, incident: { reportPlatformCondition: async () => ({}), ...around.incident } },
    ports: { channels: createSqliteChannelStore(store), ledger: createSqliteLedgerStore(store), routes: createSqliteRouteStore(store), silences: createSqliteSilenceStore(store), followUps: createSqliteFollowUpStore(store), templates: createSqliteTemplateStore(store), vault: turningVault, egress: { rules: () => rules } },
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
    telemetry: createTelemetry(),
    releases,
  };
  const started = await role.start(context as never);
  await started.begin?.();
  const handle = started.on.notifications as (batch: Delivery<"notifications">[]) => Promise<void>;
  const idle = async () => {
    const busy = "SELECT 1 FROM notifications WHERE due_at_ms > 0 AND (state = 'sending' OR due_at_ms <= ?)";
    // Real sockets and a real disk: asked again until they are through, the test runner's limit being the end.
    while (store.get(busy, [clock.now()]) !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.advance(0);
  };
  return {
    api: started.api as Api<typeof NotificationService>,
    clock,
    async take(...events) {
      const outcome = { acked: 0, retried: [] as string[] };
      await handle(events.map((event) => deliveryOf(event, outcome)));
      return outcome;
    },
    idle,
    async advance(ms) {
      await idle();
      await clock.advance(ms);
      await idle();
    },
    stop: () => releases.releaseAll(),
  };
}

export function callAs(memberRole: MemberRole, tenantId = "ten_1"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role: memberRole, ip: "" } };
}

export interface EventWish {
  type?: string;
  incidentId?: string;
  sequence?: number;
  tenantId?: string;
  channels?: string[];
  suppressedBy?: string;
}

export function incidentEvent(wish: EventWish = {}): IncidentEvent {
  const { type = "incident.opened", incidentId = "inc_1", sequence = 1, tenantId = "ten_1", channels = [], suppressedBy = "" } = wish;
  const target = { url: "https://robot:hunter2@shop.example/health?api_key=k1", headers: { authorization: "Bearer t0ken" }, body: "pin=1234" };
  return create(IncidentEventSchema, {
    id: `evt_${incidentId}_${sequence}`,
    tenantId,
    type,
    atMs: Date.UTC(2026, 0, 1),
    sequence,
    incident: create(IncidentSchema, { id: incidentId, tenantId, checkId: "chk_1", checkName: "Shop", state: "open", severity: "critical", startedAtMs: Date.UTC(2026, 0, 1), suppressedBy }),
    check: create(CheckSchema, { id: "chk_1", tenantId, name: "Shop", type: "http", target, channels }),
    result: create(ResultSchema, { id: "run_1", checkId: "chk_1", status: "down", latencyMs: 41.2, error: { kind: "http_status", message: "status 503, expected 200-299", hash: "h" } }),
  });
}

function deliveryOf(event: IncidentEvent, outcome: { acked: number; retried: string[] }): Delivery<"notifications"> {
  return {
    id: event.id,
    tenantId: event.tenantId,
    body: event,
    attempt: 1,
    async ack() {
      outcome.acked++;
    },
    async retry(reason) {
      outcome.retried.push(reason);
    },
    giveUp: () => Promise.resolve(),
  };
}

/** Not encryption, but enough to see that nothing is stored as it was written, and that a moved secret does not open. */
const turningVault: Vault = {
  seal: (place, plain) => Buffer.from(`${place.tenantId}/${place.kind}/${place.id}\n${plain}`).toString("base64"),
  open(place, sealed) {
    const [bound, ...rest] = Buffer.from(sealed, "base64").toString("utf8").split("\n");
    if (bound !== `${place.tenantId}/${place.kind}/${place.id}`) throw new Error("sealed for another place");
    return rest.join("\n");
  },
};

/** Gives the channel's id. */
export async function addChannel(role: RoleUnderTest, type: string, settings: object, tenantId = "ten_1"): Promise<string> {
  const channel = await role.api.registerChannel({ channel: { type, name: type, settings } } as never, callAs("editor", tenantId));
  return channel.id!;
}

/** The error that a call ends in; fails when it ends well. */
export async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  const refusal: unknown = await work.then(() => undefined, (error: unknown) => error);
  if (refusal instanceof AppError) return refusal;
  throw new Error("it was not refused", { cause: refusal });
}
