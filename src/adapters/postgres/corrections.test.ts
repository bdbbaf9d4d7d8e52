import { correctionStoreConformance } from "#ports/corrections.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresCorrectionStore } from "./corrections.ts";

describeWith("postgres", "postgres corrections", () => {
  correctionStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { corrections: createPostgresCorrectionStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
