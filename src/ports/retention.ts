/** The settings that say how long things are kept: each is obeyed where the things are, and told by the gateway. */
import { duration } from "#kernel/settings";

const day = 86_400_000;

export const retentionSettings = {
  retentionResults: duration("how long single results are kept", "90d", 3_600_000, 3_660 * day),
  retentionMinutes: duration("how long counts by the minute are kept", "2d", 3_600_000, 3_660 * day),
  retentionHours: duration("how long counts by the hour are kept", "400d", day, 3_660 * day),
  retentionDays: duration("how long counts by the day are kept", "1100d", day, 36_600 * day),
};

export const incidentRetentionSetting = duration("how long a resolved incident is kept", "365d", day, 3650 * day);
export const notificationRetentionSetting = duration("how long finished notifications are kept", "90d", day, 3650 * day);
