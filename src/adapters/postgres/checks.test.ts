import { checksConformance } from "#ports/checks.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresCheckStore } from "./checks.ts";

describeWith("postgres", "postgres checks", () => {
  checksConformance(async () => {
    const temp = await openTempPostgres();
    return { store: createPostgresCheckStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
