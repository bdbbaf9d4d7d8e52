import { duration, whole } from "#kernel/settings";

export const notificationSettings = {
  notificationRetention: duration("how long finished notifications are kept", "90d", 86_400_000, 3650 * 86_400_000),
  notificationConcurrency: whole("how many notifications are sent at the same time; one tenant gets about half of them", 64, 1, 1_000),
};
