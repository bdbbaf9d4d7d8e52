import { duration, whole } from "#kernel/settings";

export const schedulerSettings = {
  maxStartsPerSecond: whole("checks started per second at most; what is more waits, so that waking up from sleep does not open everything at once", 50_000, 10, 1_000_000),
  dispatchAhead: duration("how long before its time a slot is handed to the workers, which start it on time by themselves; a busy main thread then delays no check", "100ms", 0, 1_000),
  catchUpAfter: duration("after a pause of the process, a check that runs this rarely runs its newest missed slot at once instead of waiting for the next", "10m", 1_000, 86_400_000),
};
