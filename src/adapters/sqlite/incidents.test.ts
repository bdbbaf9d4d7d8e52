import { describe } from "bun:test";
import { incidentsConformance } from "#ports/incidents.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteIncidentStore } from "./incidents.ts";

describe("sqlite incidents", () => {
  incidentsConformance(async () => {
    const temp = await openTempStore();
    return { store: createSqliteIncidentStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
