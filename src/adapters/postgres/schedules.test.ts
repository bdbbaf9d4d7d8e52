import { schedulesConformance } from "#ports/schedules.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresLeaseStore } from "./leases.ts";
import { createPostgresScheduleStore } from "./schedules.ts";

describeWith("postgres", "postgres schedules", () => {
  schedulesConformance(async () => {
    const temp = await openTempPostgres();
    const lease = await createPostgresLeaseStore(temp.store).acquire("scheduler", "test", { epoch: 0, nowMs: 0, ttlMs: 1_000 });
    return { store: createPostgresScheduleStore(temp.store), epoch: lease!.epoch, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
