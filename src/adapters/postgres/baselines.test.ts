import { baselineStoreConformance } from "#ports/baselines.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresBaselineStore } from "./baselines.ts";

describeWith("postgres", "postgres baselines", () => {
  baselineStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { baselines: createPostgresBaselineStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
