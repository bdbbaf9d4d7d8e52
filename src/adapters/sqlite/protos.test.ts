import { protoStoreConformance } from "#ports/protos.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteProtoStore } from "./protos.ts";

protoStoreConformance(async () => {
  const temp = await openTempStore();
  return { protos: createSqliteProtoStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
