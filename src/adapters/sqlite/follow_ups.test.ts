import { followUpsConformance } from "../../ports/follow_ups.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteFollowUpStore } from "./follow_ups.ts";

followUpsConformance(async () => {
  const temp = await openTempStore();
  return { followUps: createSqliteFollowUpStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
