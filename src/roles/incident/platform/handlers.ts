import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { AppError, invalidField } from "#kernel/errors";
import type { Api } from "#kernel/rpc/contract";
import type { PlatformWatch } from "./watch.ts";

export function servePlatform(watch: Pick<PlatformWatch, "report">): Pick<Api<typeof IncidentService>, "reportPlatformCondition"> {
  return {
    async reportPlatformCondition(report, call) {
      if (call.actor.type !== "system") throw new AppError("forbidden", "the state of the platform itself is for roles alone");
      if (!/^[a-z_]{1,40}$/.test(report.key)) throw invalidField("/key", `${JSON.stringify(report.key)} is not right: 1 to 40 lower-case letters and underscores`);
      await watch.report(report);
      return {};
    },
  };
}
