/** The part of core's contract that is about heartbeats. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CoreService, PingSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { pageOf, pageSize, strangeCursor } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import { pingKinds, type StoredPing } from "#ports/heartbeats";
import type { Core } from "../service.ts";

const longestBody = 10_000;
const longestUserAgent = 200;

export function servePings(core: Core): Pick<Api<typeof CoreService>, "recordPing" | "listPings" | "listPingTokens" | "rotatePingToken"> {
  const { heartbeats } = core;
  return {
    // Whoever has the token may: jobs have no account.
    async recordPing({ token, kind: text, exitCode, runId, source, userAgent, body }) {
      const kind = pingKinds.find((one) => one === text);
      if (!kind) throw new AppError("invalid_argument", `no kind ${JSON.stringify(text)} of ping: it is one of ${pingKinds.join(", ")}`);
      await heartbeats.record(token, {
        kind,
        exitCode: kind === "exit" ? exitCode : undefined,
        runId,
        source,
        userAgent: userAgent.slice(0, longestUserAgent),
        body: body.slice(0, longestBody),
      });
      return {};
    },
    async listPings({ checkId, limit, cursor }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      core.known(tenantId, checkId);
      const size = pageSize(limit);
      const before = cursor === "" ? Number.MAX_SAFE_INTEGER : Number(cursor);
      if (Number.isNaN(before)) throw strangeCursor(cursor);
      const { items, nextCursor } = pageOf(await heartbeats.pings(tenantId, checkId, { limit: size + 1, before }), size, ({ number }) => String(number));
      return { items: items.map(messageOf), nextCursor };
    },
    async listPingTokens({ checkIds }, call) {
      requireRole(call, "editor");
      const items: { checkId: string; token: string }[] = [];
      for (const checkId of checkIds) {
        const { type, tenantId } = await core.checkFor(checkId, call);
        if (type === "heartbeat") items.push({ checkId, token: await heartbeats.token(tenantId, checkId) });
      }
      return { items };
    },
    async rotatePingToken({ checkId }, call) {
      requireRole(call, "editor");
      const { type, tenantId } = await core.checkFor(checkId, call);
      if (type !== "heartbeat") throw new AppError("failed_precondition", `only a heartbeat check has a ping URL, this one is of type ${type}`);
      return { checkId, token: await heartbeats.rotate(tenantId, checkId) };
    },
  };
}

function messageOf({ number, atMs, kind, exitCode, durationMs, runId, source, userAgent, body }: StoredPing): MessageInitShape<typeof PingSchema> {
  return { number, atMs, kind, runId, source, userAgent, body, ...(exitCode !== undefined && { exitCode }), ...(durationMs !== undefined && { durationMs }) };
}
