import { maintenanceStoreConformance } from "#ports/maintenance.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresMaintenanceStore } from "./maintenance.ts";

describeWith("postgres", "postgres maintenance", () => {
  maintenanceStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { maintenance: createPostgresMaintenanceStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
