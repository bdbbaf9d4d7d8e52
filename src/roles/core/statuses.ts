/** The state of a check as a person sees it, from memory: asked for by every row of every dashboard. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStatusSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { ResultStatus } from "#ports/results";
import { stripLength, type CheckState } from "./check_state.ts";
import { messageOfResult } from "./result_message.ts";
import type { Core } from "./service.ts";

export interface Statuses {
  of(one: { check: Check; state: CheckState }): Promise<MessageInitShape<typeof CheckStatusSchema>>;
}

const letters: Record<ResultStatus, string> = { up: "u", degraded: "g", down: "d", unknown: "n" };
const dayMs = 86_400_000;
const uptimeKeptMs = 30_000;

export function createStatuses(core: Core): Statuses {
  /** After a restart the strip holds only what was not sealed yet; the rest is read once, when somebody looks. */
  const completeStrip = async (check: Check, state: CheckState): Promise<void> => {
    state.stripIsWhole = true;
    const beforeMs = state.strip[0]?.slotMs ?? Number.MAX_SAFE_INTEGER;
    const older = await core.results.history({
      tenantId: check.tenantId,
      checkId: check.id,
      limit: stripLength - state.strip.length,
      beforeMs,
      fromMs: 0,
      status: undefined,
    });
    if (older.length === 0) return;
    state.strip = [...older.reverse().map(({ slotMs, status, latencyMs }) => ({ slotMs, status, latencyMs })), ...state.strip].slice(-stripLength);
    state.last ??= older.at(-1);
    state.status = state.strip.at(-1)!.status;
    const before = state.strip.findLastIndex((entry) => entry.status !== state.status);
    state.sinceMs = state.strip[before + 1]!.slotMs;
  };

  const uptimeOf = async (check: Check, state: CheckState): Promise<number | undefined> => {
    const now = core.now();
    if (state.uptime && now - state.uptime.atMs < uptimeKeptMs) return state.uptime.ratio;
    const hours = await core.results.rollups(check.tenantId, check.id, "hour", now - dayMs, now + 1);
    const good = hours.reduce((sum, hour) => sum + hour.up + hour.degraded, 0);
    const bad = hours.reduce((sum, hour) => sum + hour.down, 0);
    state.uptime = { ratio: good + bad > 0 ? good / (good + bad) : undefined, atMs: now };
    return state.uptime.ratio;
  };

  return {
    async of({ check, state }) {
      if (!state.stripIsWhole) await completeStrip(check, state);
      const uptime24h = await uptimeOf(check, state);
      const last = state.last && (state.lastDetail ? { ...state.last, detail: state.lastDetail } : state.last);
      return {
        checkId: check.id,
        state: check.enabled ? state.status : "paused",
        sinceMs: state.sinceMs,
        ...(last && { lastResult: messageOfResult(last, core.location, check) }),
        strip: state.strip.map((entry) => letters[entry.status]).join(""),
        stripLatencyMs: state.strip.map((entry) => entry.latencyMs),
        ...(uptime24h !== undefined && { uptime24h }),
      };
    },
  };
}
