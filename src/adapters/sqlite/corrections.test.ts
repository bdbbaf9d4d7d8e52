import { correctionStoreConformance } from "../../ports/corrections.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteCorrectionStore } from "./corrections.ts";

correctionStoreConformance(async () => {
  const temp = await openTempStore();
  return { corrections: createSqliteCorrectionStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
