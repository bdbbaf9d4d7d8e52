import { describe } from "bun:test";
import { leasesConformance } from "#ports/leases.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteLeaseStore } from "./leases.ts";

describe("sqlite leases", () => {
  leasesConformance(async () => {
    const temp = await openTempStore();
    return { store: createSqliteLeaseStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
