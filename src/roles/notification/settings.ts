import { publicUrlSetting } from "#ports/public_url";
import { notificationRetentionSetting } from "#ports/retention";
import { whole } from "#kernel/settings";
import { deadManSettings } from "./dead_man/settings.ts";

export const notificationSettings = {
  ...deadManSettings,
  publicUrl: publicUrlSetting,
  notificationRetention: notificationRetentionSetting,
  notificationConcurrency: whole("how many notifications are sent at the same time; one tenant gets about half of them", 64, 1, 1_000),
};
