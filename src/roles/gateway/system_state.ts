/**
 * How the installation does, asked from here: whether each role answers, how much waits in the queues, and what the platform says of
 * itself. What concerns all tenants is told only to those who run the platform, the members of its oldest tenant.
 */
import { type Call, systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Connectivity, PlatformCondition } from "#contracts/uptimeping/core/v1/core_pb";
import type { Queue, QueueName } from "#ports/queue";
import type { Roles } from "./route.ts";

export interface RoleState {
  name: string;
  answers: boolean;
  tookMs: number;
  /** "" when it answers. */
  problem: string;
}

export interface SystemReport {
  startedAtMs: number;
  roles: RoleState[];
  /** Undefined where one does not run the platform, and while nobody can tell. */
  queues: Record<QueueName, number> | undefined;
  connectivity: Connectivity | undefined;
  conditions: PlatformCondition[] | undefined;
  isOperator: boolean;
}

export type SystemState = (call: Call) => Promise<SystemReport>;

type Asked = Pick<Roles, "auth" | "config" | "scheduler" | "core" | "incident" | "notification" | "forge" | "metrics">;

const patienceMs = 2_000;
/** Looking for a network that is away takes core up to four seconds. */
const networkPatienceMs = 5_000;

export function createSystemState({ roles, queue, clock }: { roles: Asked; queue: Queue; clock: Clock }): SystemState {
  const startedAtMs = Math.floor(clock.now());
  /** Something small that needs the role and its store. */
  const asks: [string, (call: Call) => Promise<unknown>][] = [
    ["auth", (call) => roles.auth.getSetup({}, call)],
    ["config", (call) => roles.config.listChecks({ limit: 1 }, call)],
    ["scheduler", (call) => roles.scheduler.listSchedules({ limit: 1 }, call)],
    ["core", (call) => roles.core.listLocations({}, call)],
    ["incident", (call) => roles.incident.countOpenIncidents({}, call)],
    ["notification", (call) => roles.notification.listSilences({ limit: 1 }, call)],
    ["forge", (call) => roles.forge.listTemplates({}, call)],
    ["metrics", (call) => roles.metrics.listUptimes({ window: "24h", limit: 1 }, call)],
  ];

  const ask = async (name: string, request: (call: Call) => Promise<unknown>, call: Call): Promise<RoleState> => {
    const askedAtMs = clock.monotonic();
    const tookMs = () => Math.round((clock.monotonic() - askedAtMs) * 10) / 10;
    try {
      await request(withTimeout(call, clock, patienceMs));
      return { name, answers: true, tookMs: tookMs(), problem: "" };
    } catch (error) {
      // Any other refusal came from the role itself.
      const isAway = error instanceof AppError && ["unavailable", "deadline_exceeded", "internal"].includes(error.code);
      return { name, answers: !isAway, tookMs: tookMs(), problem: isAway ? error.message : "" };
    }
  };

  return async (call) => {
    const own = withTimeout(systemCall("gateway"), clock, networkPatienceMs);
    const orUndefined = <T>(answer: Promise<T>): Promise<T | undefined> => answer.catch(() => undefined);
    const tenancy = await orUndefined(roles.auth.getTenancy({}, withTimeout(call, clock, patienceMs)));
    const isOperator = tenancy?.operatorTenantId === call.tenantId;
    const [states, queues, connectivity, conditions] = await Promise.all([
      Promise.all(asks.map(([name, request]) => ask(name, request, call))),
      isOperator ? orUndefined(queue.depths()) : undefined,
      isOperator ? orUndefined(roles.core.checkConnectivity({}, own)) : undefined,
      isOperator ? orUndefined(roles.core.listPlatformConditions({}, own)) : undefined,
    ]);
    return { startedAtMs, roles: states, queues, connectivity, conditions: conditions?.items, isOperator };
  };
}
