/** Real stores for the scheduler, which as a role may not name an adapter. */
import type { ScheduleStore } from "#ports/schedules";
import { createSqliteLeaseStore } from "../adapters/sqlite/leases.ts";
import { createSqliteScheduleStore } from "../adapters/sqlite/schedules.ts";
import { openTempStore } from "./temp_store.ts";

export interface SchedulerStores {
  schedules: ScheduleStore;
  /** Of the one process that leads. */
  epoch: number;
  close(): Promise<void>;
}

export async function openSchedulerStores(): Promise<SchedulerStores> {
  const temp = await openTempStore();
  const lease = await createSqliteLeaseStore(temp.store).acquire("scheduler", "local", { epoch: 0, nowMs: 0, ttlMs: 0 });
  return { schedules: createSqliteScheduleStore(temp.store), epoch: lease!.epoch, close: async () => temp[Symbol.asyncDispose]() };
}
