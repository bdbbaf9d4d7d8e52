import { ledgerConformance } from "../../ports/ledger.conformance.ts";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresLedgerStore } from "./ledger.ts";

describeWith("postgres", "postgres ledger", () => {
  ledgerConformance(async () => {
    const temp = await openTempPostgres();
    return { ledger: createPostgresLedgerStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
