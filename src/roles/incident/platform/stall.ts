/** Whether checks are run at all: results must come as often as the schedules say, with a minute of patience. */
import type { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import type { Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Client } from "#kernel/rpc/contract";
import { formatDuration } from "#kernel/settings";

export interface StallWatch {
  /** A result has come. */
  heard(): void;
  /** Why no check is run, as far as this is known; "" when they are. Never rejects. */
  problem(call: Call): Promise<string>;
}

const patiencePeriods = 2;
const patienceMs = 60_000;

export function createStallWatch(scheduler: Client<typeof SchedulerService>, clock: Clock): StallWatch {
  let heardMs = clock.monotonic();
  return {
    heard() {
      heardMs = clock.monotonic();
    },
    async problem(call) {
      try {
        const { shortestPeriodMs, activeSinceMs } = await scheduler.getPulse({}, call);
        const limitMs = patiencePeriods * shortestPeriodMs + patienceMs;
        const silentMs = Math.min(clock.monotonic() - heardMs, clock.now() - activeSinceMs);
        if (shortestPeriodMs === 0 || silentMs <= limitMs) return "";
        return `no result for ${formatDuration(Math.floor(silentMs / 1_000) * 1_000)}, although a check is to run every ${formatDuration(shortestPeriodMs)}`;
      } catch (error) {
        return `the scheduler does not answer: ${messageOf(error)}`;
      }
    },
  };
}
