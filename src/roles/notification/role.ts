import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { systemCall, withTimeout } from "#kernel/call";
import { AppError, messageOf } from "#kernel/errors";
import { defineRole } from "#ports/index";
import { linkApi } from "./alerting_handlers.ts";
import { createDeadMan, type DeadMan } from "./dead_man/dead_man.ts";
import { createPing } from "./dead_man/ping.ts";
import { createDeadMessages } from "./dead_messages.ts";
import { createGates, visitorGate } from "./egress_gate.ts";
import { notificationApi, notificationQueue } from "./handlers.ts";
import { createRecentRuns } from "./recent_runs.ts";
import { createSubscriberNews } from "./subscribers/news.ts";
import { createNotificationWork } from "./service.ts";
import { notificationSettings } from "./settings.ts";

const pruneEveryMs = 3_600_000;
const pulseWithinMs = 10_000;

export default defineRole({
  name: "notification",
  provides: NotificationService,
  needs: { auth: AuthService, config: ConfigService, core: CoreService, incident: IncidentService, scheduler: SchedulerService },
  uses: ["channels", "ledger", "routes", "silences", "followUps", "templates", "vault", "egress", "queue"],
  listens: ["notifications"],
  settings: notificationSettings,
  leads: true,
  async start({ settings, needs, ports, clock, ids, log, telemetry, releases }) {
    const gates = createGates(ports.egress, needs.auth, clock);
    const deadMessages = createDeadMessages(needs.incident, { clock, log });
    releases.add("watch over dead messages", () => deadMessages.stop());
    const work = createNotificationWork({ ...ports, onDead: deadMessages.died, gates, subscribers: needs.config, visitorGate: visitorGate(ports.egress), recentRuns: createRecentRuns(needs.core, clock), clock, ids, log, telemetry, settings });
    const news = createSubscriberNews({ config: needs.config, work, publicUrl: settings.publicUrl, clock, ids, log });
    releases.add("news for subscribers", () => news.stop());
    await work.recover();
    releases.add("notifications in flight", () => work.stop(), 12_000);

    const pruning = clock.every(pruneEveryMs, () => {
      work.prune().catch((error) => log.warn("old notifications could not be removed", { reason: messageOf(error) }));
    });
    releases.add("notification retention", () => pruning.cancel());

    let deadMan: DeadMan | undefined;
    if (settings.deadManUrl.isSet) {
      const stopping = new AbortController();
      const ping = createPing(new URL(settings.deadManUrl.reveal()), { egress: ports.egress, clock, signal: stopping.signal });
      const scheduling = async () => {
        const { sinceTickMs } = await needs.scheduler.getPulse({}, withTimeout(systemCall("notification"), clock, pulseWithinMs));
        if (sinceTickMs > pulseWithinMs) throw new AppError("unavailable", `the scheduler stands still: it looked for due slots ${Math.round(sinceTickMs / 1_000)} s ago`);
      };
      deadMan = createDeadMan({ queue: ports.queue, channels: work.channels, scheduling, ping, everyMs: settings.deadManInterval, clock, ids, log });
      releases.add("dead man's switch", () => (stopping.abort(), deadMan!.stop()));
    }

    return {
      api: notificationApi(work, linkApi(work, needs.incident, ports.channels)),
      on: { notifications: notificationQueue(work, log, news.take) },
      async begin() {
        work.begin();
        news.begin();
        deadMessages.begin();
        await deadMan?.begin();
      },
    };
  },
});
