/** Keeps the checks of every tenant, and tells the roles that run them what changed. */
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { defineRole } from "#ports/index";
import { createChecks } from "./service.ts";
import { serveChecks } from "./handlers.ts";
import { configSettings } from "./settings.ts";

export default defineRole({
  name: "config",
  provides: ConfigService,
  needs: {},
  uses: ["checks", "vault"],
  listens: [],
  settings: configSettings,
  start: async (context) => ({ api: serveChecks(createChecks(context)) }),
});
