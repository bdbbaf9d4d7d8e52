import { heartbeatsConformance } from "#ports/heartbeats.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresHeartbeatStore } from "./heartbeats.ts";

describeWith("postgres", "postgres heartbeats", () => {
  heartbeatsConformance(async () => {
    const temp = await openTempPostgres();
    return { store: createPostgresHeartbeatStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
