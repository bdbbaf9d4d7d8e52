import { silencesConformance } from "../../ports/silences.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteSilenceStore } from "./silences.ts";

silencesConformance(async () => {
  const temp = await openTempStore();
  return { silences: createSqliteSilenceStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
