import { followUpsConformance } from "#ports/follow_ups.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresFollowUpStore } from "./follow_ups.ts";

describeWith("postgres", "postgres follow-ups", () => {
  followUpsConformance(async () => {
    const temp = await openTempPostgres();
    return { followUps: createPostgresFollowUpStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });
});
