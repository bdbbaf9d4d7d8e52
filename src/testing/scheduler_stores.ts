/** Real stores for the scheduler, which as a role may not name an adapter. */
import type { Ports } from "#ports/index";
import { createSqliteLeaseStore } from "../adapters/sqlite/leases.ts";
import { createSqliteScheduleStore } from "../adapters/sqlite/schedules.ts";
import { openTempStore } from "./temp_store.ts";

export interface SchedulerStores {
  ports: Pick<Ports, "schedules" | "leases">;
  close(): Promise<void>;
}

export async function openSchedulerStores(): Promise<SchedulerStores> {
  const temp = await openTempStore();
  return {
    ports: { schedules: createSqliteScheduleStore(temp.store), leases: createSqliteLeaseStore(temp.store) },
    close: async () => temp[Symbol.asyncDispose](),
  };
}
