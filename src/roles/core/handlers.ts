import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CheckStatusSchema, CoreService, CountRunsRequest } from "#contracts/uptimeping/core/v1/core_pb";
import { createBreather } from "#kernel/breather";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError, messageOf } from "#kernel/errors";
import { idCursor, pageOf, pageSize } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import type { BaselineKind } from "#ports/baselines";
import type { Delivery } from "#ports/queue";
import type { RollupTier, RunCounts } from "#ports/results";
import { checkIdOf, seriesOf } from "#ports/series";
import { historyOf } from "./history.ts";
import { locationsKnown } from "./locations.ts";
import { phasesOf } from "./phase_sums.ts";
import { addedUp, inSteps } from "./rollup_steps.ts";
import { seriesAsked } from "./series_states.ts";
import type { Core } from "./service.ts";
import { servePings } from "./heartbeat/ping_handlers.ts";
import { countIntervals } from "./interval_counts.ts";
import { createStatuses } from "./statuses.ts";

/** Each task is acknowledged by itself, when its result is stored. */
export function takeTasks(core: Pick<Core, "take">): (batch: Delivery<"check_tasks">[]) => Promise<void> {
  return (batch) => {
    for (const task of batch) {
      try {
        core.take(task);
      } catch (error) {
        // One that cannot be taken must not stop those beside it.
        task.retry(messageOf(error)).catch(() => {});
      }
    }
    return Promise.resolve();
  };
}

const baselineKindOf: Partial<Record<string, BaselineKind>> = { graphql: "graphql_schema" };

const defaultReflectionMs = 10_000;

const tiers: RollupTier[] = ["minute", "hour", "day"];

export function serveCore(core: Core): Api<typeof CoreService> {
  const statuses = createStatuses(core);
  return {
    async executeCheck({ check }, call) {
      requireRole(call, "editor");
      if (!check) throw new AppError("invalid_argument", "no check was given");
      const tenantId = tenantOf(call);
      if (check.type === "heartbeat") throw new AppError("failed_precondition", "a heartbeat cannot be tried: nobody is asked, its job reports to its ping URL");
      // A saved check as a person read it has its secrets masked; what core knows of it is whole.
      return core.execute(check.id === "" ? { ...check, tenantId } : core.known(tenantId, check.id).check);
    },
    async checkConnectivity(_request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "the state of our own network is for roles alone");
      const { state, ...report } = await core.connectivity.check();
      return { ...report, known: state !== "unknown", online: state === "online" };
    },
    async listPlatformConditions(_request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "the state of the platform itself is for roles alone");
      return { items: core.platform.list() };
    },
    lendThread(request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "probe threads are lent by roles alone");
      return core.lent.lend(request, call.signal);
    },
    async reportThread(request, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "probe threads are lent by roles alone");
      core.lent.report(request);
      return {};
    },
    async reflectDescriptors({ target, timeoutMs }, call) {
      requireRole(call, "editor");
      if (!target) throw new AppError("invalid_argument", "no server was given");
      return core.reflect({ tenantId: tenantOf(call), target, timeoutMs: timeoutMs || defaultReflectionMs });
    },
    async getCheckStatus({ checkId }, call) {
      requireRole(call, "viewer");
      return statuses.whole(core.known(tenantOf(call), checkId));
    },
    async listCheckStatuses(request, call) {
      requireRole(call, "viewer");
      const { items: wanted, nextCursor } = pageOfChecks(core, tenantOf(call), { ...request, size: request.limit === 0 ? Number.POSITIVE_INFINITY : pageSize(request.limit) });
      const items: MessageInitShape<typeof CheckStatusSchema>[] = [];
      const breathe = createBreather(core.clock);
      await statuses.countUptimes(wanted);
      for (const one of wanted) {
        items.push(await (request.brief ? statuses.brief(one) : statuses.listed(one)));
        await breathe();
      }
      return { items, nextCursor };
    },
    summariseStates({ checkIds }, call) {
      requireRole(call, "viewer");
      const isWholePlatform = call.actor.type === "system" && call.tenantId === "";
      return Promise.resolve(statuses.summary(isWholePlatform ? undefined : tenantOf(call), new Set(checkIds)));
    },
    async getCheckHistory(request, call) {
      requireRole(call, "viewer");
      return historyOf(core, core.known(tenantOf(call), request.checkId).check, request);
    },
    async getRollups({ checkId, location, fromMs, toMs, tier, points }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      const series = seriesAsked(core.known(tenantId, checkId).check, location);
      const known = tiers.find((one) => one === tier);
      if (!known) throw new AppError("invalid_argument", `no tier ${JSON.stringify(tier)}: it is one of ${tiers.join(", ")}`);
      const untilMs = toMs || core.now() + 1;
      const rollups = await addedUp(series.map((id) => core.results.rollups(tenantId, id, known, fromMs, untilMs)));
      return inSteps(rollups, { tier: known, untilMs, points });
    },
    async getPhases(request, call) {
      requireRole(call, "viewer");
      return phasesOf(core, core.known(tenantOf(call), request.checkId).check, request);
    },
    countRuns(request, call) {
      requireRole(call, "viewer");
      return countRuns(core, tenantOf(call), request);
    },
    countIntervals(request, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      return countIntervals({ store: core.results, tenantId, seriesOf: (checkId) => seriesNamed(core, tenantId, checkId, request.location), breathe: createBreather(core.clock) }, request);
    },
    listLocations(_request, call) {
      requireRole(call, "viewer");
      return Promise.resolve({ items: locationsKnown(core, tenantOf(call)) });
    },
    async getBaseline({ checkId }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      const { check } = core.known(tenantId, checkId);
      const kind = baselineKindOf[check.type];
      const found = kind && (await core.baselines.get(tenantId, checkId, kind));
      if (!found) throw new AppError("not_found", `no baseline of check ${JSON.stringify(checkId)}: ${kind ? "none is set until a run has seen the schema, with watchSchema" : `a ${check.type} check has none`}`);
      return { kind: found.kind, hash: found.hash, text: found.text, setAtMs: found.setAtMs };
    },
    async acceptBaseline({ checkId }, call) {
      requireRole(call, "editor");
      const tenantId = tenantOf(call);
      core.known(tenantId, checkId);
      await core.baselines.remove(tenantId, checkId);
      return {};
    },
    watchResults(_request, call) {
      requireRole(call, "viewer");
      return core.watch(tenantOf(call), call.signal);
    },
    ...servePings(core),
  };
}

async function countRuns(core: Core, tenantId: string, { checkIds, tier, fromMs, toMs, limit, cursor }: CountRunsRequest) {
  if (tier !== "hour" && tier !== "day") throw new AppError("invalid_argument", `no tier ${JSON.stringify(tier)} of counts: it is hour or day`);
  const { items, nextCursor } = pageOfChecks(core, tenantId, { checkIds, cursor, size: pageSize(limit) });
  const series = items.flatMap(({ check }) => seriesAsked(check, ""));
  const counted = new Map<string, RunCounts>();
  for (const one of await core.results.runCounts({ tenantId, checkIds: series, tier, fromMs, toMs })) {
    const checkId = checkIdOf(one.checkId);
    counted.set(checkId, sumOfCounts(counted.get(checkId), one));
  }
  return { items: items.map(({ check }) => ({ ...counted.get(check.id), checkId: check.id })), nextCursor };
}

const counts = ["up", "degraded", "down", "unknown", "missed"] as const;

function sumOfCounts(sum: RunCounts | undefined, one: RunCounts): RunCounts {
  if (!sum) return one;
  return { ...sum, ...Object.fromEntries(counts.map((name) => [name, sum[name].map((count, i) => count + one[name][i]!)])) };
}

/** A check that is gone, or another tenant's, has what the store has of it under this tenant. */
function seriesNamed(core: Core, tenantId: string, checkId: string, location: string): string[] {
  const check = core.find(tenantId, checkId);
  return check ? seriesAsked(check, location) : [seriesOf(checkId, location)];
}

/** Of the named checks, or of all of the tenant, in the order of ids. */
function pageOfChecks(core: Core, tenantId: string, { checkIds, cursor, size }: { checkIds: string[]; cursor: string; size: number }) {
  const wanted = checkIds.length > 0 ? [...new Set(checkIds)].map((id) => core.known(tenantId, id)) : [...core.checksOf(tenantId)];
  const after = idCursor(cursor, "chk");
  const rest = wanted.filter(({ check }) => check.id > after).sort((a, b) => (a.check.id < b.check.id ? -1 : 1));
  return pageOf(rest, size, ({ check }) => check.id);
}
