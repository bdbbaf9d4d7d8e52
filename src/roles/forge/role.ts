import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { selfCommand } from "#kernel/self_command";
import { defineRole } from "#ports/index";
import { createJobRunner } from "./child.ts";
import { forgeHandlers } from "./handlers.ts";
import { createJobQueue } from "./job_queue.ts";
import { createForgeService } from "./service.ts";
import { forgeSettings } from "./settings.ts";

/** More than a person starts by hand; a script that does is told to wait. */
const jobsPerTenant = 8;

export default defineRole({
  name: "forge",
  provides: ForgeService,
  needs: {},
  uses: ["protos"],
  listens: [],
  settings: forgeSettings,
  start({ settings, ports, clock, ids }) {
    const runJob = createJobRunner({
      command: selfCommand(),
      clock,
      timeoutMs: settings.forgeTimeout,
      memoryBytes: settings.forgeMemoryMb * 1024 * 1024,
    });
    const jobs = createJobQueue({ atOnce: settings.forgeJobs, perTenant: jobsPerTenant });
    const service = createForgeService({ protos: ports.protos, jobs, runJob, clock, ids, maxSets: settings.forgeSets });
    return Promise.resolve({ api: forgeHandlers(service) });
  },
});
