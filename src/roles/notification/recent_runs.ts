/** The latest runs of a check, for the picture in a mail. An alert never waits long for its decoration. */
import type { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import type { Client } from "#kernel/rpc/contract";
import type { Run } from "./senders/sender.ts";

/** Never rejects: undefined when core does not know the check or does not answer soon. */
export type RecentRuns = (tenantId: string, checkId: string) => Promise<Run[] | undefined>;

const answerWithinMs = 2_000;

export function createRecentRuns(core: Pick<Client<typeof CoreService>, "getCheckStatus">, clock: Clock): RecentRuns {
  return async (tenantId, checkId) => {
    try {
      const call = withTimeout(systemCall("notification", tenantId), clock, answerWithinMs);
      const { strip, stripLatencyMs } = await core.getCheckStatus({ checkId }, call);
      // Unknown and missed runs say nothing about the check.
      return strip.split("").flatMap((letter, index) => ("ugd".includes(letter) ? [{ latencyMs: stripLatencyMs[index] ?? 0, failed: letter === "d" }] : []));
    } catch {
      return undefined;
    }
  };
}
