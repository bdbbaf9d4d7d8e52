import { identityStoreConformance } from "#ports/identity.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteIdentityStore } from "./identity.ts";

identityStoreConformance(async () => {
  const temp = await openTempStore();
  return { identity: createSqliteIdentityStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
