/** Runs checks and keeps what came of them. */
import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { defineRole } from "#ports/index";
import { canariesOf } from "./connectivity/canaries.ts";
import { createConnectivity } from "./connectivity/connectivity.ts";
import { serveCore, takeTasks } from "./handlers.ts";
import { lendThreads } from "./lending.ts";
import { createCore } from "./service.ts";
import { coreSettings } from "./settings.ts";

export default defineRole({
  name: "core",
  provides: CoreService,
  needs: { auth: AuthService, config: ConfigService, forge: ForgeService },
  uses: ["results", "baselines", "heartbeats", "vault", "queue", "egress"],
  listens: ["check_tasks"],
  settings: coreSettings,
  leads: true,
  standBy({ leader, location, settings, ports: { egress }, ...context }) {
    const connectivity = createConnectivity({ ...context, canaries: canariesOf(settings.canaries), rules: () => egress.rules() });
    return lendThreads({ ...context, leader, location, threads: settings.coreWorkers, egress, connectivity });
  },
  async start(context) {
    const core = await createCore(context);
    context.releases.add("core", () => core.stop(), 20_000);
    return { api: serveCore(core), on: { check_tasks: takeTasks(core) }, begin: () => core.begin(), ready: () => core.readiness(), remark: () => core.remark() };
  },
});
