import { duration, list, whole } from "#kernel/settings";
import { isCanary } from "./connectivity/canaries.ts";

export const coreSettings = {
  coreConcurrency: whole("checks in flight at once at most; what is more waits in the queue", 10_000, 1, 200_000),
  coreWorkers: whole("threads that probe", 1, 1, 64),
  canaries: list(
    "places that always answer a TCP connect, best three; when most of them stay silent, our own network is lost and failures it explains count as unknown. auto is the default gateway and the name servers, none switches this off",
    "auto",
    "host:port entries, auto or none, separated by commas",
    isCanary,
  ),
  lateAfter: duration("when more than one run in a hundred begins later than this after its time, an incident of the platform itself opens", "5s", 100, 3_600_000),
  missedAlarm: whole("so many slots missed within five minutes because of overload open an incident of the platform itself", 20, 1, 1_000_000_000),
};
