/** Says when: turns schedules into tasks, one for every due slot. */
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { defineRole } from "#ports/index";
import { serveSchedules } from "./handlers.ts";
import { createSchedules } from "./service.ts";
import { schedulerSettings } from "./settings.ts";

export default defineRole({
  name: "scheduler",
  provides: SchedulerService,
  needs: { config: ConfigService },
  uses: ["schedules", "queue"],
  listens: [],
  settings: schedulerSettings,
  leads: true,
  async start(context) {
    const schedules = await createSchedules(context);
    context.releases.add("scheduler", () => schedules.stop());
    return { api: serveSchedules(schedules), begin: () => schedules.begin(), ready: () => schedules.readiness() };
  },
});
