import { silencesConformance } from "#ports/silences.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresSilenceStore } from "./silences.ts";

describeWith("postgres", "postgres silences", () => {
  silencesConformance(async () => {
    const temp = await openTempPostgres();
    return { silences: createPostgresSilenceStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
