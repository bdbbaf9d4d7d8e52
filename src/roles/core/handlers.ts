import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CheckStatusSchema, CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { pageOf, pageSize, strangeCursor } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import type { Delivery } from "#ports/queue";
import { resultStatuses, type ResultStatus, type RollupTier } from "#ports/results";
import type { Core } from "./service.ts";
import { messageOfResult } from "./result_message.ts";
import { createStatuses } from "./statuses.ts";

/** Each task is acknowledged by itself, when its result is stored. */
export function takeTasks(core: Core): (batch: Delivery<"check_tasks">[]) => Promise<void> {
  return (batch) => {
    for (const task of batch) core.take(task);
    return Promise.resolve();
  };
}

const tiers: RollupTier[] = ["minute", "hour", "day"];

export function serveCore(core: Core): Api<typeof CoreService> {
  const statuses = createStatuses(core);
  return {
    async executeCheck({ check }, call) {
      requireRole(call, "editor");
      if (!check) throw new AppError("invalid_argument", "no check was given");
      const tenantId = tenantOf(call);
      // A saved check as a person read it has its secrets masked; what core knows of it is whole.
      return core.execute(check.id === "" ? { ...check, tenantId } : core.known(tenantId, check.id).check);
    },
    async getCheckStatus({ checkId }, call) {
      requireRole(call, "viewer");
      return statuses.of(core.known(tenantOf(call), checkId));
    },
    async listCheckStatuses({ checkIds }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      const wanted = checkIds.length > 0 ? checkIds.map((id) => core.known(tenantId, id)) : core.checksOf(tenantId);
      const items: MessageInitShape<typeof CheckStatusSchema>[] = [];
      for (const one of wanted) items.push(await statuses.of(one));
      return { items };
    },
    async getCheckHistory(request, call) {
      requireRole(call, "viewer");
      const { check } = core.known(tenantOf(call), request.checkId);
      return history(core, { ...request, check });
    },
    async getRollups({ checkId, fromMs, toMs, tier }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      core.known(tenantId, checkId);
      const known = tiers.find((one) => one === tier);
      if (!known) throw new AppError("invalid_argument", `no tier ${JSON.stringify(tier)}: it is one of ${tiers.join(", ")}`);
      return { items: await core.results.rollups(tenantId, checkId, known, fromMs, toMs || core.now() + 1) };
    },
    watchResults(_request, call) {
      requireRole(call, "viewer");
      return core.watch(tenantOf(call), call.signal);
    },
  };
}

interface HistoryRequest {
  check: Parameters<typeof messageOfResult>[2] & object;
  limit: number;
  cursor: string;
  fromMs: number;
  toMs: number;
  status: string;
}

/** A cursor is the slot of the last result of the page before. */
async function history(core: Core, { check, limit, cursor, fromMs, toMs, status }: HistoryRequest) {
  const size = pageSize(limit);
  const beforeMs = Math.min(cursor === "" ? Number.MAX_SAFE_INTEGER : Number(cursor), toMs || Number.MAX_SAFE_INTEGER);
  if (Number.isNaN(beforeMs)) throw strangeCursor(cursor);
  if (status !== "" && !resultStatuses.includes(status as ResultStatus)) {
    throw new AppError("invalid_argument", `no status ${JSON.stringify(status)}: it is one of ${resultStatuses.join(", ")}`);
  }
  const { tenantId, id: checkId } = check;
  const found = await core.results.history({ tenantId, checkId, limit: size + 1, beforeMs, fromMs, status: (status || undefined) as ResultStatus | undefined });
  const { items, nextCursor } = pageOf(found, size, ({ slotMs }) => String(slotMs));
  const oldest = nextCursor === "" ? fromMs : Number(nextCursor);
  return {
    items: items.map((result) => messageOfResult(result, core.location, check)),
    nextCursor,
    missed: await core.results.missed(tenantId, checkId, oldest, Math.min(beforeMs, core.now())),
  };
}
