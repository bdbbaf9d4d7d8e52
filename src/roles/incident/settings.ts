import { duration } from "#kernel/settings";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export const incidentSettings = {
  reopenWindow: duration("how soon after it was resolved the same error reopens an incident instead of opening another", "10m", 0, dayMs),
  incidentRetention: duration("how long a resolved incident is kept", "365d", dayMs, 3650 * dayMs),
};
