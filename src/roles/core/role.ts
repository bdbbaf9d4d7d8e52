/** Runs checks and keeps what came of them. */
import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { defineRole } from "#ports/index";
import { serveCore, takeTasks } from "./handlers.ts";
import { createCore } from "./service.ts";
import { coreSettings } from "./settings.ts";

export default defineRole({
  name: "core",
  provides: CoreService,
  needs: { auth: AuthService, config: ConfigService, forge: ForgeService },
  uses: ["results", "queue", "egress"],
  listens: ["check_tasks"],
  settings: coreSettings,
  async start(context) {
    const core = await createCore(context);
    context.releases.add("core", () => core.stop(), 20_000);
    return { api: serveCore(core), on: { check_tasks: takeTasks(core) }, begin: () => core.begin(), ready: () => core.readiness() };
  },
});
