import { duration, text, whole } from "#kernel/settings";

export const schedulerSettings = {
  instanceId: text("name of this process among those that share a store; after a restart it takes its own lease over at once", "local"),
  maxStartsPerSecond: whole("checks started per second at most; what is more waits, so that waking up from sleep does not open everything at once", 50_000, 10, 1_000_000),
  catchUpAfter: duration("after a pause of the process, a check that runs this rarely runs its newest missed slot at once instead of waiting for the next", "10m", 1_000, 86_400_000),
};
