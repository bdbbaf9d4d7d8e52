import { describe } from "bun:test";
import { schedulesConformance } from "#ports/schedules.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteLeaseStore } from "./leases.ts";
import { createSqliteScheduleStore } from "./schedules.ts";

describe("sqlite schedules", () => {
  schedulesConformance(async () => {
    const temp = await openTempStore();
    const lease = await createSqliteLeaseStore(temp.store).acquire("scheduler", "test", { epoch: 0, nowMs: 0, ttlMs: 1_000 });
    return { store: createSqliteScheduleStore(temp.store), epoch: lease!.epoch, [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
