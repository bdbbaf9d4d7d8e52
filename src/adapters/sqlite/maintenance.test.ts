import { maintenanceStoreConformance } from "../../ports/maintenance.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteMaintenanceStore } from "./maintenance.ts";

maintenanceStoreConformance(async () => {
  const temp = await openTempStore();
  return { maintenance: createSqliteMaintenanceStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
