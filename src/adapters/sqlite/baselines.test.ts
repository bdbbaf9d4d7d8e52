import { baselineStoreConformance } from "#ports/baselines.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteBaselineStore } from "./baselines.ts";

baselineStoreConformance(async () => {
  const temp = await openTempStore();
  return { baselines: createSqliteBaselineStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
