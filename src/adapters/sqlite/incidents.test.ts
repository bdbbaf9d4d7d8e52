import { describe, expect, test } from "bun:test";
import { incidentsConformance } from "#ports/incidents.conformance";
import { openTempStore } from "../../testing/temp_store.ts";
import { openSqlite } from "./connection.ts";
import { createSqliteIncidentStore } from "./incidents.ts";
import { migrate, migrations } from "./migrations.ts";

describe("sqlite incidents", () => {
  incidentsConformance(async () => {
    const temp = await openTempStore();
    return { store: createSqliteIncidentStore(temp.store), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});

describe("a database of one state per check and location", () => {
  const older = migrations.filter(({ number }) => number < 13);
  const incident = (id: string, location: string, state: string) =>
    `INSERT INTO incidents VALUES ('${id}', 'ten_1', 'chk_1', 'Shop', '${location}', '${state}', 'critical', 'h', 1, 0, 2, 0, 0, '', 3, '', 1, x'01')`;
  const state = (check: string, location: string, failures: number, incidentId: string) =>
    `INSERT INTO incident_check_states VALUES ('ten_1', '${check}', '${location}', 7, 70, ${failures}, 60, 0, 0, '[{"errorHash":"h"}]', 0, '${incidentId}')`;

  test("becomes one of one state per check, with every location in it and one active incident", async () => {
    const sqlite = openSqlite({
      path: ":memory:",
      groupMs: 0,
      onFatal: (error) => {
        throw error;
      },
    });
    await migrate(sqlite, older);
    const rows = [incident("inc_1", "eu", "open"), incident("inc_2", "us", "open"), state("chk_1", "eu", 3, "inc_1"), state("chk_1", "us", 0, "inc_2"), state("chk_2", "eu", 1, "")];
    await sqlite.write((tx) => rows.forEach((sql) => tx.run(sql)));
    await migrate(sqlite);
    const store = createSqliteIncidentStore(sqlite);
    const [both, single] = await store.loadStates();
    expect(both).toMatchObject({ incident: { id: "inc_2", state: "open" }, state: { checkId: "chk_1", flapping: false, held: false, maintenance: "", incidentId: "inc_2" } });
    expect(both!.state.locations.map(({ location, failures, down, streak }) => ({ location, failures, down, streak }))).toEqual([
      { location: "eu", failures: 3, down: false, streak: [{ errorHash: "h" }] },
      { location: "us", failures: 0, down: true, streak: [{ errorHash: "h" }] },
    ] as never);
    expect(single!.state).toMatchObject({ checkId: "chk_2", incidentId: "", locations: [{ location: "eu", lastSequence: 7, lastRunAtMs: 70, failures: 1, firstFailureAtMs: 60, down: false, history: 0 }] });
    expect((await store.get("ten_1", "inc_1"))!.incident).toMatchObject({ state: "resolved", resolvedBy: "system" });
    await sqlite.close();
  });
});
