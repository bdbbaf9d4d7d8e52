import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { createGate } from "./egress_gate.ts";
import { notificationApi, notificationQueue } from "./handlers.ts";
import { createNotificationWork } from "./service.ts";
import { notificationSettings } from "./settings.ts";

const pruneEveryMs = 3_600_000;

export default defineRole({
  name: "notification",
  provides: NotificationService,
  needs: { auth: AuthService },
  uses: ["channels", "ledger", "vault", "egress"],
  listens: ["notifications"],
  settings: notificationSettings,
  async start({ settings, needs, ports, clock, ids, log, telemetry, releases }) {
    const gate = createGate(ports.egress, needs.auth, clock);
    const work = createNotificationWork({ ...ports, gate, clock, ids, log, telemetry, settings });
    await work.recover();
    releases.add("notifications in flight", () => work.stop(), 12_000);

    const pruning = clock.every(pruneEveryMs, () => {
      work.prune().catch((error) => log.warn("old notifications could not be removed", { reason: messageOf(error) }));
    });
    releases.add("notification retention", () => pruning.cancel());

    return {
      api: notificationApi(work),
      on: { notifications: notificationQueue(work, log) },
      begin: () => work.begin(),
    };
  },
});
