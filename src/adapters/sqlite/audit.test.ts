import { auditStoreConformance } from "#ports/audit.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteAuditStore } from "./audit.ts";

auditStoreConformance(async () => {
  const temp = await openTempStore();
  return { audit: createSqliteAuditStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
