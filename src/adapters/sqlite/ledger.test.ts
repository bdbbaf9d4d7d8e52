import { ledgerConformance } from "../../ports/ledger.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteLedgerStore } from "./ledger.ts";

ledgerConformance(async () => {
  const temp = await openTempStore();
  return { ledger: createSqliteLedgerStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});
