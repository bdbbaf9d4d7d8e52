import { expect, test } from "bun:test";
import type { Incident } from "#ports/incidents";
import { incidentsConformance } from "#ports/incidents.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresIncidentStore } from "./incidents.ts";

describeWith("postgres", "postgres incidents", () => {
  incidentsConformance(async () => {
    const temp = await openTempPostgres();
    return { store: createPostgresIncidentStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
  test("what a target said is on record although PostgreSQL cannot keep a NUL", async () => {
    await using temp = await openTempPostgres();
    const store = createPostgresIncidentStore(temp.store);
    const cause = { errorHash: "h", kind: "banner", message: "said \0\0", firstSeenAtMs: 1, lastSeenAtMs: 1, occurrences: 1 };
    const times = { startedAtMs: 1, endedAtMs: 0, openedAtMs: 1, acknowledgedAtMs: 0, resolvedAtMs: 0 };
    const said = { errorHash: "h", resolvedBy: "", occurrences: 1, suppressedBy: "", causes: [cause], eventSequence: 1, checkBody: new Uint8Array([0]) };
    const incident: Incident = { id: "inc_1", tenantId: "ten_1", checkId: "chk_1", checkName: "Shop", location: "default", state: "open", severity: "critical", ...times, ...said };
    await store.commit({ incidents: [{ incident, causes: [cause], timeline: [] }], states: [], events: [] });
    expect((await store.get("ten_1", "inc_1"))!.incident).toEqual({ ...incident, causes: [{ ...cause, message: "said \u2400\u2400" }] });
  });
});
