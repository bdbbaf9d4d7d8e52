import { describe } from "bun:test";
import { heartbeatsConformance } from "#ports/heartbeats.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteHeartbeatStore } from "./heartbeats.ts";

describe("sqlite heartbeats", () => {
  heartbeatsConformance(async () => {
    const temp = await openTempStore();
    return { store: createSqliteHeartbeatStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
