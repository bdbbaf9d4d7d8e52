/** What leads to waiting, and what ends it; what people reopen; what can be read from memory. */
import { describe, expect, test } from "bun:test";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { createIds } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import { createTelemetry } from "#kernel/telemetry";
import type { Queue } from "#ports/queue";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { runResult, type RunWish } from "../../testing/incident_role.ts";
import { createMemoryIncidentStore } from "../../testing/memory_incident_store.ts";
import { acknowledge, reopen, resolve } from "./acts.ts";
import type { Connectivity } from "./mass_failure.ts";
import { createIncidents, type IncidentsOptions } from "./service.ts";

const minuteMs = 60_000;

async function start(options: Partial<IncidentsOptions> = {}) {
  const clock = options.clock ? (options.clock as ReturnType<typeof createFakeClock>) : createFakeClock();
  const events: IncidentEvent[] = [];
  const publish = async (_queue: string, messages: { body: IncidentEvent }[]) => void events.push(...messages.map((message) => message.body));
  const store = options.store ?? createMemoryIncidentStore();
  const incidents = await createIncidents({
    store,
    queue: { publish } as unknown as Queue,
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
    telemetry: createTelemetry(),
    reopenWindowMs: 10 * minuteMs,
    retentionMs: Infinity,
    ...options,
  });
  const take = async (wish: Partial<RunWish> & { host?: string; kind?: string }) => {
    const minute = (clock.now() - Date.UTC(2026, 0, 1)) / minuteMs;
    const body = runResult({ minute, sequence: ++sequence, ...wish });
    Object.assign(body, { status: body.result!.status, location: body.result!.location, startedAtMs: body.result!.startedAtMs });
    if (wish.host) body.check!.target = { url: `https://${wish.host}/` };
    if (wish.kind) body.result!.error!.kind = wish.kind;
    await incidents.takeResults([{ tenantId: body.check!.tenantId, body }]);
    await clock.advance(0);
  };
  const told = () => events.map(({ type, reason, muted, check }) => [check!.id, type.replace("incident.", ""), reason, ...(muted ? [muted] : [])].join(" "));
  const conditions = (...checkIds: string[]) => incidents.conditions("ten_1", checkIds);
  return { clock, store, incidents, events, take, told, conditions };
}

let sequence = 0;

describe("a parent that is suspected", () => {
  const child = { checkId: "chk_child", dependsOn: ["chk_db"] };
  const parent = { checkId: "chk_db" };

  test("is waited for: when it is confirmed the child opens under it, untold", async () => {
    const at = await start();
    await at.take(parent);
    await at.take(child);
    await at.take(child);
    expect(at.told()).toEqual([]);
    expect(at.conditions("chk_child")[0]!.condition).toBe("held");
    await at.take(parent);
    await at.clock.advance(1_000);
    expect(at.told()).toEqual(["chk_db opened failure_threshold_reached", "chk_child opened failure_threshold_reached suppressed_by_dependency"]);
  });

  test("is not waited for when it turns out to be up", async () => {
    const at = await start();
    for (const one of [parent, child, child, { ...parent, status: "up" as const }]) await at.take(one);
    await at.clock.advance(1_000);
    expect(at.told()).toEqual(["chk_child opened failure_threshold_reached"]);
  });

  test("is waited for no longer than one of its periods", async () => {
    const at = await start();
    for (const one of [parent, child, child]) await at.take(one);
    await at.clock.advance(minuteMs - 1_000);
    // Failing again does not prolong it.
    await at.take(child);
    expect(at.told()).toEqual([]);
    await at.clock.advance(1_000);
    expect(at.told()).toEqual(["chk_child opened failure_threshold_reached"]);
  });

  test("a child that is good again meanwhile opens nothing", async () => {
    const at = await start();
    for (const one of [parent, child, child, { ...child, status: "up" as const }]) await at.take(one);
    await at.clock.advance(5 * minuteMs);
    expect(at.told()).toEqual([]);
    expect(at.conditions("chk_child")[0]!.condition).toBe("quiet");
  });
});

describe("checks that fall together", () => {
  async function fall(connectivity: () => Promise<Connectivity>, options: Partial<IncidentsOptions> = {}) {
    const at = await start({ connectivity, ...options });
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 8; i++) await at.take({ checkId: `chk_${i}`, host: `site${i}.example${i % 4}.com` });
      await at.clock.advance(10_000);
    }
    return at;
  }

  test("are not told while it is asked whether our own network is gone, and all for one reason when it is not", async () => {
    let answer = (_what: Connectivity) => {};
    const at = await fall(() => new Promise((resolve) => (answer = resolve)));
    expect(at.told()).toEqual([]);
    expect(at.conditions().map((each) => each.condition)).toEqual(Array.from({ length: 8 }, () => "held"));
    answer("online");
    await at.clock.advance(0);
    expect(at.told()).toEqual(Array.from({ length: 8 }, (_, i) => `chk_${i} opened mass_failure_released`));
  });

  test("are told after two minutes when nobody answers", async () => {
    const at = await fall(() => new Promise(() => {}));
    await at.clock.advance(100_000 - 1_000);
    expect(at.told()).toEqual([]);
    await at.clock.advance(2_000);
    expect(at.told()).toHaveLength(8);
  });

  test("are no evidence when our own network is gone, and their tenants are named", async () => {
    const outages: [string[], number][] = [];
    const at = await fall(async () => "offline", { onOwnOutage: (tenants, checks) => void outages.push([tenants, checks]) });
    for (let i = 0; i < 8; i++) await at.take({ checkId: `chk_${i}` });
    expect(at.told()).toEqual([]);
    expect(at.conditions()).toEqual([]);
    expect(outages).toEqual([[["ten_1"], 5]]);
  });

  test("that answered, however badly, are told whatever our network does", async () => {
    const at = await start({ connectivity: async () => "offline" });
    for (let round = 0; round < 2; round++) for (let i = 0; i < 8; i++) await at.take({ checkId: `chk_${i}`, host: `site${i}.example${i}.com`, kind: "http_status" });
    expect(at.told()).toHaveLength(8);
  });

  test("leave alone what fails for another reason while our own network is gone", async () => {
    const at = await fall(async () => "offline");
    for (const _ of [1, 2]) await at.take({ checkId: "chk_shop", kind: "http_status" });
    for (const _ of [1, 2]) await at.take({ checkId: "chk_far", kind: "connect_timeout" });
    expect(at.told()).toEqual(["chk_shop opened failure_threshold_reached"]);
  });

  test("open with the next failing run after a kill during the wait", async () => {
    const before = await fall(() => new Promise(() => {}));
    const at = await start({ store: before.store, clock: before.clock });
    await at.take({ checkId: "chk_0" });
    expect(at.told()).toEqual(["chk_0 opened mass_failure_released"]);
  });

  test("that failed twice more wait no longer, also when a kill has forgotten that they waited", async () => {
    const connectivity = () => new Promise<Connectivity>(() => {});
    const before = await fall(connectivity);
    await before.take({ checkId: "chk_0" });
    const at = await start({ store: before.store, clock: before.clock, connectivity });
    await at.take({ checkId: "chk_0" });
    expect(at.told()).toEqual(["chk_0 opened mass_failure_released"]);
  });
});

describe("people", () => {
  async function resolved() {
    const at = await start();
    for (const status of ["down", "down", "up", "up"] as const) await at.take({ status });
    const id = at.events[0]!.incident!.id;
    return { ...at, id, act: (act: typeof reopen) => at.incidents.act(act, "ten_1", id, { actor: "usr_1", comment: "not over" }) };
  }

  test("reopen what was resolved too early: it is told again, and recovers after as many good runs as ever", async () => {
    const at = await resolved();
    expect((await at.act(reopen)).incident).toMatchObject({ state: "open", endedAtMs: 0, resolvedBy: "" });
    await at.clock.advance(0);
    expect(at.told().at(-1)).toBe("chk_1 reopened by_person");
    await at.take({ status: "up" });
    expect(at.conditions("chk_1")[0]!.condition).toBe("recovering");
    await at.take({ status: "up" });
    expect(at.told().at(-1)).toBe("chk_1 resolved recovered");
  });

  test("reopen twice, once; and not beside another incident of the check", async () => {
    const at = await resolved();
    await at.act(reopen);
    await at.act(reopen);
    expect(at.events.filter((event) => event.type === "incident.reopened")).toHaveLength(1);
    await at.act(resolve);
    for (const _ of [1, 2]) await at.take({ error: "other" });
    await expect(at.act(reopen)).rejects.toThrow(/cannot reopen inc_\w+: inc_\w+ of the same check is open/);
  });

  test("close what flaps: it stops to flap once it is good for long, though nothing is open", async () => {
    const at = await start();
    for (const letter of "dudududud") await at.take({ status: letter === "d" ? "down" : "up" });
    await at.incidents.act(resolve, "ten_1", at.events[0]!.incident!.id, { actor: "usr_1", comment: "" });
    expect(at.conditions("chk_1")).toMatchObject([{ flapping: true }]);
    for (let i = 0; i < 21; i++) await at.take({ status: "up" });
    expect(at.conditions("chk_1")).toMatchObject([{ flapping: false, condition: "quiet" }]);
  });

  test("each act is an event with its reason", async () => {
    const at = await resolved();
    for (const act of [reopen, acknowledge, resolve]) await at.act(act);
    await at.clock.advance(0);
    expect(at.told().slice(2)).toEqual(["chk_1 reopened by_person", "chk_1 acknowledged by_person", "chk_1 resolved by_person"]);
    expect(at.events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5]);
  });
});

test("after a restart, changes of long ago are no flapping: the good runs since count, though nobody wrote them down", async () => {
  const before = await start();
  const each = async (at: typeof before, letters: string) => {
    for (const letter of letters) {
      await at.take({ status: letter === "d" ? "down" : "up" });
      await at.clock.advance(minuteMs);
    }
  };
  await each(before, `dududu${"u".repeat(30)}`);
  const at = await start({ store: before.store, clock: before.clock });
  await each(at, "ud");
  expect(at.told()).toEqual([]);
});

describe("conditions", () => {
  test("are read for those who ask: all that is not quiet, or what is named", async () => {
    const at = await start();
    await at.take({ checkId: "chk_1" });
    for (const _ of [1, 2]) await at.take({ checkId: "chk_2", error: "x" });
    await at.take({ checkId: "chk_3" });
    await at.take({ checkId: "chk_3", status: "up" });
    await at.take({ checkId: "chk_4", tenantId: "ten_2" });
    const brief = (ids: string[]) => at.conditions(...ids).map(({ checkId, condition }) => `${checkId} ${condition}`);
    expect(brief([])).toEqual(["chk_1 suspected", "chk_2 down"]);
    expect(brief(["chk_3", "chk_4", "chk_5"])).toEqual(["chk_3 quiet", "chk_4 quiet", "chk_5 quiet"]);
    await at.take({ checkId: "chk_2", status: "up" });
    expect(brief(["chk_2"])).toEqual(["chk_2 recovering"]);
  });

  test("name the locations that say down and those that say up", async () => {
    const at = await start();
    for (const _ of [1, 2, 3]) {
      await at.take({ location: "us", status: "up" });
      await at.take({ location: "asia", status: "up" });
      await at.take({ location: "eu" });
      await at.clock.advance(minuteMs);
    }
    expect(at.told()).toEqual([]);
    expect(at.conditions()).toMatchObject([{ condition: "suspected", locationsDown: ["eu"], locationsUp: ["us", "asia"] }]);
  });

  test("a check that fails at its first run from one of several locations is not taken for one that has no other", async () => {
    const at = await start();
    for (const location of ["us", "asia", "eu", "us", "asia"]) await at.take({ location, status: "up", failureThreshold: 1 });
    await at.take({ location: "eu", failureThreshold: 1 });
    expect(at.told()).toEqual([]);
    await at.take({ location: "us", failureThreshold: 1 });
    expect(at.told()).toHaveLength(1);
  });

  test("after a restart, a first failing run waits for the other locations, and no longer than a period", async () => {
    const before = await start();
    for (const location of ["us", "eu"]) await before.take({ checkId: "chk_other", location });
    const fails = { checkId: "chk_new", location: "eu", failureThreshold: 1 };

    const contradicted = await start({ store: before.store });
    await contradicted.take(fails);
    expect(contradicted.told()).toEqual([]);
    for (const location of ["us", "asia"]) await contradicted.take({ ...fails, location, status: "up" });
    await contradicted.clock.advance(2 * minuteMs);
    expect(contradicted.told()).toEqual([]);

    const alone = await start({ store: before.store });
    await alone.take({ ...fails, checkId: "chk_alone" });
    await alone.clock.advance(minuteMs);
    expect(alone.told()).toEqual(["chk_alone opened failure_threshold_reached"]);
  });

  test("where there is one location only, nothing waits for others", async () => {
    const at = await start();
    await at.take({ failureThreshold: 1 });
    expect(at.told()).toEqual(["chk_1 opened failure_threshold_reached"]);
  });

  test("name the maintenance window in which a check fails, until it is good", async () => {
    const at = await start({ coveringAt: (_tenant, labels) => (labels["checkId"] === "chk_1" ? { windowId: "mnt_1" } : undefined) });
    for (const _ of [1, 2, 3]) await at.take({});
    expect(at.told()).toEqual([]);
    expect(at.conditions("chk_1")).toMatchObject([{ condition: "quiet", maintenance: "mnt_1" }]);
    await at.take({ status: "up" });
    expect(at.conditions("chk_1")).toMatchObject([{ maintenance: "" }]);
  });
});

describe("a check at two locations", () => {
  const locations = ["default", "eu-1"];
  type Statuses = [NonNullable<RunWish["status"]>, NonNullable<RunWish["status"]>];

  /** Both run at each minute, home first. */
  async function runs(wish: Partial<RunWish>, ...minutes: Statuses[]) {
    const at = await start();
    for (const [home, away] of minutes) {
      await at.take({ locations, ...wish, status: home });
      await at.take({ locations, ...wish, status: away, location: "eu-1" });
      await at.clock.advance(minuteMs);
    }
    return at;
  }

  test.each<[string, Statuses, string[]]>([
    ["any", ["up", "down"], ["chk_1 opened failure_threshold_reached"]],
    ["majority", ["up", "down"], []],
    ["all", ["down", "up"], []],
    ["1", ["down", "up"], ["chk_1 opened failure_threshold_reached"]],
    ["majority", ["down", "down"], ["chk_1 opened failure_threshold_reached"]],
    ["all", ["down", "down"], ["chk_1 opened failure_threshold_reached"]],
  ])("is down with a quorum of %p when its locations say %p: %p", async (quorum, statuses, told) => {
    for (const failureThreshold of [1, 2]) {
      const at = await runs({ quorum, failureThreshold }, ["up", "up"], statuses, statuses, statuses, statuses);
      expect(at.told()).toEqual(told);
    }
  });

  test("is one incident when both see another error, and is resolved when too few are down", async () => {
    const at = await runs({}, ["down", "down"], ["down", "down"], ["up", "down"], ["up", "down"]);
    expect(at.told()).toEqual(["chk_1 opened failure_threshold_reached", "chk_1 resolved recovered"]);
  });

  test("is told of with the locations that see it down, and those that do not", async () => {
    const at = await runs({ quorum: "any" }, ["up", "down"], ["up", "down"], ["up", "up"], ["up", "up"]);
    expect(at.events.map(({ type, locationsDown, locationsUp }) => [type, locationsDown, locationsUp])).toEqual([
      ["incident.opened", ["eu-1"], ["default"]],
      ["incident.resolved", [], ["default", "eu-1"]],
    ]);
    const alone = await start();
    for (const _ of [1, 2]) await alone.take({ locations: ["default"] });
    expect(alone.events.map(({ locationsDown, locationsUp }) => [locationsDown, locationsUp])).toEqual([[[], []]]);
  });

  test("whose first run ever fails waits for the other location, and is not down when that sees it up", async () => {
    const at = await start();
    await at.take({ locations, failureThreshold: 1, location: "eu-1" });
    expect([at.told(), at.conditions("chk_1")[0]!.condition]).toEqual([[], "held"]);
    await at.take({ locations, failureThreshold: 1, status: "up" });
    await at.clock.advance(2 * minuteMs);
    expect(at.told()).toEqual([]);
  });

  test("is down when the other location does not come to speak", async () => {
    const at = await start();
    await at.take({ locations, failureThreshold: 1, location: "eu-1" });
    await at.clock.advance(minuteMs);
    expect(at.told()).toEqual(["chk_1 opened failure_threshold_reached"]);
  });

  test("waits for nobody when it names one location, whatever other checks do", async () => {
    const at = await runs({}, ["up", "up"]);
    await at.take({ checkId: "chk_2", locations: ["default"], failureThreshold: 1 });
    expect(at.told()).toEqual(["chk_2 opened failure_threshold_reached"]);
  });
});

describe("a location that a check names no longer", () => {
  const both = ["default", "eu-1"];

  test("has no say: what it alone saw down is resolved by the good runs of the others", async () => {
    const at = await start();
    for (const _ of [1, 2]) {
      await at.take({ locations: both, quorum: "any", status: "up" });
      await at.take({ locations: both, quorum: "any", location: "eu-1" });
      await at.clock.advance(minuteMs);
    }
    for (const _ of [1, 2]) await at.take({ locations: ["default"], quorum: "any", status: "up" });
    expect(at.told()).toEqual(["chk_1 opened failure_threshold_reached", "chk_1 resolved recovered"]);
    expect(at.conditions("chk_1")[0]).toMatchObject({ condition: "quiet", locationsDown: [], locationsUp: ["default"] });
  });

  test("does not stand against those that are left", async () => {
    const at = await start();
    for (const _ of [1, 2]) {
      await at.take({ locations: both, status: "up" });
      await at.take({ locations: both, location: "eu-1" });
      await at.clock.advance(minuteMs);
    }
    expect(at.told()).toEqual([]);
    await at.take({ locations: ["eu-1"], location: "eu-1" });
    expect(at.told()).toEqual(["chk_1 opened failure_threshold_reached"]);
  });

  test("says nothing with a run that comes late", async () => {
    const at = await start();
    for (const _ of [1, 2, 3]) await at.take({ locations: ["default"], quorum: "any", location: "eu-1" });
    expect(at.told()).toEqual([]);
    expect(at.conditions()).toEqual([]);
  });
});

test("what fails at another location as well is not explained by our own network, and is told", async () => {
  const at = await start({ connectivity: async () => "offline" });
  const far = { checkId: "chk_far", locations: ["default", "eu-1"], host: "far.example", quorum: "any" };
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 8; i++) await at.take({ checkId: `chk_${i}`, locations: ["default"], host: `site${i}.example${i % 4}.com` });
    await at.take({ ...far, status: "unknown" });
    await at.take({ ...far, location: "eu-1" });
    await at.clock.advance(10_000);
  }
  expect(at.told()).toEqual(["chk_far opened failure_threshold_reached"]);
});
