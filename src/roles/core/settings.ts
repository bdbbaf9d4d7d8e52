import { whole } from "#kernel/settings";

export const coreSettings = {
  coreConcurrency: whole("checks in flight at once at most; what is more waits in the queue", 10_000, 1, 200_000),
  coreWorkers: whole("threads that probe", 1, 1, 64),
};
