/** The law for every store of incidents. */
import { expect, test } from "bun:test";
import type { CheckState, Incident, IncidentChange, IncidentChanges, IncidentFilter, IncidentStore, LocationState } from "./incidents.ts";
import { platformTenant } from "./platform_tenant.ts";

export interface IncidentsUnderTest extends AsyncDisposable {
  store: IncidentStore;
}

const everything: IncidentFilter = { state: undefined, checkId: undefined, before: undefined, limit: 10 };

function incident(id: string, change: Partial<Incident> = {}): Incident {
  return {
    id,
    tenantId: "ten_1",
    checkId: `chk_of_${id}`,
    checkName: "Shop",
    location: "default",
    state: "open",
    severity: "critical",
    errorHash: "h1",
    startedAtMs: 1_000,
    endedAtMs: 0,
    openedAtMs: 2_000,
    acknowledgedAtMs: 0,
    resolvedAtMs: 0,
    resolvedBy: "",
    occurrences: 2,
    suppressedBy: "",
    causes: [{ errorHash: "h1", kind: "http_status", message: "status 503", firstSeenAtMs: 1_000, lastSeenAtMs: 2_000, occurrences: 2 }],
    eventSequence: 1,
    checkBody: new Uint8Array([1, 2, 3]),
    ...change,
  };
}

function written(whole: Incident, entry = `tml_${whole.id}`): IncidentChange {
  const timeline = [{ id: entry, atMs: 2_000, type: "opened", actor: "system", reason: "failure_threshold_reached", message: "status 503" }];
  return { incident: whole, causes: whole.causes, timeline };
}

const place: LocationState = {
  location: "default",
  lastSequence: 5,
  lastRunAtMs: 5_000,
  gapsMs: [60_000],
  missed: 0,
  failures: 1,
  firstFailureAtMs: 5_000,
  goods: 0,
  firstGoodAtMs: 0,
  streak: [{ errorHash: "h1", kind: "http_status", message: "m", firstSeenAtMs: 1, lastSeenAtMs: 2, occurrences: 1, severity: "critical" }],
  down: false,
  history: 5,
  flapping: false,
};

function state(change: Partial<CheckState> = {}): CheckState {
  const locations = [place, { ...place, location: "eu", down: true }];
  return { tenantId: "ten_1", checkId: "chk_1", locations, flapping: true, held: true, maintenance: "mnt_1", incidentId: "", ...change };
}

const changes = (part: Partial<IncidentChanges>): IncidentChanges => ({ incidents: [], states: [], events: [], ...part });
const event = (id: string) => ({ id, tenantId: "ten_1", body: new Uint8Array([7]) });
const idsOf = (items: { id: string }[]) => items.map((item) => item.id);

export function incidentsConformance(open: () => Promise<IncidentsUnderTest>): void {
  test("an incident reads back with its causes and its timeline", async () => {
    await using at = await open();
    await at.store.commit(changes({ incidents: [written(incident("inc_1"))] }));
    expect(await at.store.get("ten_1", "inc_1")).toEqual({ incident: incident("inc_1"), timeline: written(incident("inc_1")).timeline });
  });

  test("a change adds to causes and timeline and leaves the others as they are", async () => {
    await using at = await open();
    const before = incident("inc_1");
    const added = { ...before.causes[0]!, errorHash: "h2", message: "refused", firstSeenAtMs: 3_000 };
    const after = incident("inc_1", { state: "acknowledged", acknowledgedAtMs: 3_000, occurrences: 3, causes: [before.causes[0]!, added] });
    await at.store.commit(changes({ incidents: [written(before)] }));
    await at.store.commit(changes({ incidents: [{ ...written(after, "tml_later"), causes: [added] }] }));
    const found = await at.store.get("ten_1", "inc_1");
    expect(found?.incident).toEqual(after);
    expect(idsOf(found!.timeline)).toEqual(["tml_inc_1", "tml_later"]);
  });

  test("a second active incident of one check, from wherever, is refused, and nothing of its commit stays", async () => {
    await using at = await open();
    const first = incident("inc_1", { checkId: "chk_1" });
    await at.store.commit(changes({ incidents: [written(first)] }));
    const second = changes({ incidents: [written(incident("inc_2", { checkId: "chk_1", location: "eu" }))], states: [state()], events: [event("evt_1")] });
    await expect(at.store.commit(second)).rejects.toMatchObject({ code: "already_exists" });
    expect([await at.store.loadStates(), await at.store.waitingEvents(10), await at.store.get("ten_1", "inc_2")]).toEqual([[], [], undefined]);
    await at.store.commit(changes({ incidents: [written({ ...first, state: "resolved" }, "tml_2")] }));
    await at.store.commit(second);
  });

  test("states come back with the incident that they name", async () => {
    await using at = await open();
    await at.store.commit(changes({ incidents: [written(incident("inc_1"))], states: [state({ incidentId: "inc_1" })] }));
    const later = { incidentId: "inc_1", held: false, locations: [{ ...place, failures: 2 }] };
    await at.store.commit(changes({ states: [state(later), state({ checkId: "chk_2", incidentId: "inc_gone" })] }));
    const found = (await at.store.loadStates()).sort((a, b) => a.state.checkId.localeCompare(b.state.checkId));
    expect(found).toEqual([
      { state: state(later), incident: incident("inc_1") },
      { state: state({ checkId: "chk_2", incidentId: "inc_gone" }), incident: undefined },
    ]);
  });

  test("a list is newest first, filtered, and goes on below a cursor", async () => {
    await using at = await open();
    const all = [incident("inc_1", { state: "resolved" }), incident("inc_2", { state: "acknowledged" }), incident("inc_3")];
    await at.store.commit(changes({ incidents: all.map((each) => written(each)) }));
    const list = async (filter: Partial<IncidentFilter>) => idsOf(await at.store.list("ten_1", { ...everything, ...filter }));
    expect(await list({})).toEqual(["inc_3", "inc_2", "inc_1"]);
    expect(await list({ limit: 2 })).toEqual(["inc_3", "inc_2"]);
    expect(await list({ before: "inc_2" })).toEqual(["inc_1"]);
    expect(await list({ state: "active" })).toEqual(["inc_3", "inc_2"]);
    expect(await list({ state: "resolved" })).toEqual(["inc_1"]);
    expect(await list({ checkId: "chk_of_inc_2" })).toEqual(["inc_2"]);
  });

  test("another tenant reads, counts and changes nothing", async () => {
    await using at = await open();
    await at.store.commit(changes({ incidents: [written(incident("inc_1"))] }));
    const forged = { ...written(incident("inc_1", { tenantId: "ten_2", severity: "warning" })), timeline: [] };
    await at.store.commit(changes({ incidents: [forged] })).catch(() => {});
    expect(await at.store.get("ten_2", "inc_1")).toBeUndefined();
    expect(await at.store.list("ten_2", everything)).toEqual([]);
    expect(await at.store.countActive("ten_2")).toEqual({ critical: 0, warning: 0 });
    expect((await at.store.get("ten_1", "inc_1"))?.incident).toEqual(incident("inc_1"));
  });

  test("active incidents are counted by severity, of one tenant or of all", async () => {
    await using at = await open();
    const all = [incident("inc_1"), incident("inc_2", { severity: "warning", tenantId: "ten_2" }), incident("inc_3", { state: "resolved" })];
    await at.store.commit(changes({ incidents: all.map((each) => written(each)) }));
    expect(await at.store.countActive("ten_1")).toEqual({ critical: 1, warning: 0 });
    expect(await at.store.countActive(undefined)).toEqual({ critical: 1, warning: 1 });
  });

  test("what the platform checks of itself does not count, and goes by itself", async () => {
    await using at = await open();
    const own = { tenantId: platformTenant, checkId: "chk_walk" };
    const all = [incident("inc_1", { openedAtMs: 1_000 }), incident("inc_2", { ...own, openedAtMs: 1_000 }), incident("inc_3", { ...own, checkId: "chk_next", openedAtMs: 9_000 })];
    const states = [state({ ...own, locations: [{ ...place, lastRunAtMs: 1_000 }] })];
    await at.store.commit(changes({ incidents: all.map((each) => written(each)), states }));
    expect(await at.store.countActive(undefined)).toEqual({ critical: 1, warning: 0 });
    await at.store.deleteOfTenant(platformTenant, 9_000);
    expect(idsOf(await at.store.list(platformTenant, everything))).toEqual(["inc_3"]);
    expect(idsOf(await at.store.list("ten_1", everything))).toEqual(["inc_1"]);
    expect((await at.store.loadStates()).filter(({ state: each }) => each.tenantId === platformTenant)).toEqual([]);
  });

  test("events wait in the order of their commits until they are removed", async () => {
    await using at = await open();
    await at.store.commit(changes({ events: [event("evt_9"), event("evt_1")] }));
    await at.store.commit(changes({ events: [event("evt_5")] }));
    expect(idsOf(await at.store.waitingEvents(2))).toEqual(["evt_9", "evt_1"]);
    await at.store.removeEvents(["evt_9"]);
    expect(await at.store.waitingEvents(10)).toEqual([event("evt_1"), event("evt_5")]);
  });

  test("only what was resolved before goes, in portions; active incidents and their states stay", async () => {
    await using at = await open();
    const old = ["inc_1", "inc_2", "inc_3"].map((id) => incident(id, { state: "resolved", resolvedAtMs: 1_000 }));
    const kept = [incident("inc_4", { state: "resolved", resolvedAtMs: 9_000 }), incident("inc_5", { openedAtMs: 1 })];
    const quiet = { locations: [{ ...place, failures: 0, lastRunAtMs: 1_000, streak: [] }] };
    const states = [state({ ...quiet, checkId: "chk_gone" }), state({ ...quiet, incidentId: "inc_5" }), state({ checkId: "chk_failing", locations: [{ ...place, lastRunAtMs: 1_000 }] })];
    await at.store.commit(changes({ incidents: [...old, ...kept].map((each) => written(each)), states }));
    expect([await at.store.deleteBefore(9_000, 2), await at.store.deleteBefore(9_000, 2), await at.store.deleteBefore(9_000, 2)]).toEqual([2, 1, 0]);
    expect(idsOf(await at.store.list("ten_1", everything))).toEqual(["inc_5", "inc_4"]);
    expect((await at.store.loadStates()).map((each) => each.state.checkId).sort()).toEqual(["chk_1", "chk_failing"]);
  });
}
