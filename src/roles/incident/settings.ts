import { duration } from "#kernel/settings";
import { incidentRetentionSetting } from "#ports/retention";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export const incidentSettings = {
  reopenWindow: duration("how soon after it was resolved the same error reopens an incident instead of opening another", "10m", 0, dayMs),
  incidentRetention: incidentRetentionSetting,
};
