/** A check at several locations: what core keeps of each, and what it says of all of them together. */
import { describe, expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import { systemCall, withSignal, type Call } from "#kernel/call";
import { runIdOf } from "#kernel/ids";
import type { ResultStatus } from "#ports/results";
import { aCheck, startCoreRole, type CoreRoleUnderTest, type CoreSurroundings } from "../../testing/core_role.ts";
import { afterKill } from "../../testing/incident_role.ts";
import { openTempStore, type TempStore } from "../../testing/temp_store.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const slot = (index: number) => startMs + index * minuteMs;
const shop = aCheck("chk_shop", { locations: ["default", "eu-1"], updatedAtMs: startMs - 1_000 });
const viewer: Call = { ...systemCall("test", "ten_1"), actor: { type: "user", id: "usr_1", role: "viewer", ip: "" } };

async function start(around: CoreSurroundings = {}, opened?: TempStore) {
  const temp = opened ?? (await openTempStore());
  const role = await startCoreRole(temp.store, { checks: [shop], ...around });
  const dispose = async () => {
    role.pool.end();
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { role, temp, [Symbol.asyncDispose]: dispose };
}

/** One run at each location that is named, all of the same slot. */
async function run(role: CoreRoleUnderTest, slotMs: number, results: Record<string, ResultStatus>, check: Check = shop): Promise<void> {
  for (const [location, status] of Object.entries(results)) {
    role.give(check, slotMs, { location });
    role.pool.end({ status, startedAtMs: slotMs, finishedAtMs: slotMs + 12 });
  }
  await role.settled();
  role.clock.jump(minuteMs);
}

const statusOf = ({ core }: CoreRoleUnderTest, checkId = shop.id) => core.getCheckStatus({ checkId }, viewer);
const historyOf = ({ core }: CoreRoleUnderTest, asked: { limit?: number; cursor?: string; location?: string; fromMs?: number; toMs?: number } = {}) =>
  core.getCheckHistory({ checkId: shop.id, ...asked }, viewer);
const newest = { tenantId: "ten_1", limit: 100, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined };
/** The series of the shop of which the store has results. */
async function seriesKept({ results }: CoreRoleUnderTest): Promise<string[]> {
  const series = ["", "@eu-1", "@us-1"].map((place) => shop.id + place);
  const found = await Promise.all(series.map((checkId) => results.history({ ...newest, checkId })));
  return series.filter((_, i) => found[i]!.length > 0);
}
const placesOf = (items: { scheduledAtMs: number; location: string }[]) => items.map((item) => `${(item.scheduledAtMs - startMs) / minuteMs} ${item.location}`);

describe("a run at a location", () => {
  test("goes to the probes with its location, and is told with it and with an id of its own", async () => {
    await using at = await start();
    at.role.give(shop, slot(0), { location: "default" });
    at.role.give(shop, slot(0), { location: "eu-1" });
    expect(at.role.pool.running.map(({ location }) => location)).toEqual(["default", "eu-1"]);
    at.role.pool.end({ status: "down" });
    await at.role.settled();
    expect(at.role.told.map(({ location, result }) => [location, result!.location, result!.checkId, result!.id])).toEqual(
      ["default", "eu-1"].map((location) => [location, location, shop.id, runIdOf(shop.id, slot(0), location)]),
    );
  });

  test("that fails as at another one has the same error, so that it is one cause", async () => {
    await using at = await start();
    await run(at.role, slot(0), { default: "down", "eu-1": "down" });
    const [first, second] = at.role.told;
    expect(first!.result!.error!.hash).toBe(second!.result!.error!.hash);
  });

  test("neither hinders nor hides the one of the same slot elsewhere, and is one result however often it is delivered", async () => {
    await using at = await start();
    await run(at.role, slot(0), { default: "up" });
    await run(at.role, slot(0), { "eu-1": "up" });
    expect(at.role.give(shop, slot(0), { location: "eu-1" }).acknowledged).toBe(true);
    expect(at.role.pool.inFlight).toBe(0);
    await using next = await start({}, afterKill(at.temp));
    for (const location of ["default", "eu-1"]) expect(next.role.give(shop, slot(0), { location }).acknowledged).toBe(true);
    expect(placesOf((await historyOf(next.role)).items)).toEqual(["0 default", "0 eu-1"]);
  });

  test("that was stored but not told at a crash is told again with its location", async () => {
    await using at = await start({ handle: () => new Promise<void>(() => {}) });
    await run(at.role, slot(0), { default: "up", "eu-1": "down" });
    await using next = await start({}, afterKill(at.temp));
    expect(next.role.told.map(({ location, status, check }) => [location, status, check!.id])).toEqual([["default", "up", shop.id], ["eu-1", "down", shop.id]]);
  });

  test("accounts for the missed slots of that location alone", async () => {
    await using at = await start();
    await run(at.role, slot(0), { default: "up", "eu-1": "up" });
    at.role.clock.jump(3 * minuteMs);
    at.role.give(shop, slot(3), { location: "eu-1", dueSinceMs: startMs, gapReason: "process_down" });
    at.role.pool.end();
    await at.role.settled();
    const { missed } = await historyOf(at.role);
    expect(missed).toMatchObject([{ location: "eu-1", firstSlotMs: slot(1), lastSlotMs: slot(2), count: 2, reason: "process_down" }]);
    expect((await historyOf(at.role, { location: "default" })).missed).toEqual([]);
  });

  test("is the first there: what came before the check named the location was never due", async () => {
    const moved = aCheck(shop.id, { locations: ["default", "us-1"], version: 2, updatedAtMs: slot(9) - 1 });
    await using at = await start({ checks: [moved] });
    at.role.clock.jump(10 * minuteMs);
    at.role.give(moved, slot(10), { location: "us-1", dueSinceMs: startMs, gapReason: "process_down" });
    at.role.pool.end();
    await at.role.settled();
    at.role.clock.jump(minuteMs);
    expect((await historyOf(at.role, { location: "us-1" })).missed).toMatchObject([{ firstSlotMs: slot(9), count: 1 }]);
  });
});

describe("the state of a check", () => {
  test("is down when a quorum of its locations is, and says how it is at each", async () => {
    await using at = await start();
    await run(at.role, slot(0), { default: "up", "eu-1": "up" });
    await run(at.role, slot(1), { default: "up", "eu-1": "down" });
    const partly = await statusOf(at.role);
    expect([partly.state, partly.strip, partly.lastResult!.location]).toEqual(["degraded", "uu", "default"]);
    expect(partly.locations.map(({ location, state, sinceMs, lastResult }) => [location, state, sinceMs, lastResult!.status])).toEqual([
      ["default", "up", slot(0), "up"],
      ["eu-1", "down", slot(1), "down"],
    ]);
    await run(at.role, slot(2), { default: "down", "eu-1": "down" });
    expect(await statusOf(at.role)).toMatchObject({ state: "down", sinceMs: slot(2) });
    expect((await at.role.core.summariseStates({ checkIds: [shop.id] }, viewer)).counts).toEqual({ down: 1 });
  });

  test("is what the quorum of the check says, and reads the same after a kill", async () => {
    const any = aCheck(shop.id, { ...shop, quorum: "any" });
    await using at = await start({ checks: [any] });
    await run(at.role, slot(0), { default: "up", "eu-1": "down" }, any);
    expect((await statusOf(at.role)).state).toBe("down");
    await using next = await start({ checks: [any] }, afterKill(at.temp));
    expect((await statusOf(next.role)).state).toBe("down");
    expect(await next.role.core.listCheckStatuses({}, viewer)).toMatchObject({ items: [{ state: "down", locations: [] }] });
  });

  test("stands on the first location when home is not named", async () => {
    const away = aCheck(shop.id, { locations: ["us-1", "eu-1"] });
    await using at = await start({ checks: [away] });
    await run(at.role, slot(0), { "us-1": "up", "eu-1": "up" }, away);
    expect(await statusOf(at.role)).toMatchObject({ state: "up", strip: "u", lastResult: { location: "us-1" } });
  });

  test("changes for those who watch when the quorum does, and not with each location", async () => {
    await using at = await start();
    const watching = new AbortController();
    const events: ResultEvent[] = [];
    const watched = (async () => {
      for await (const event of at.role.core.watchResults({}, withSignal(viewer, watching.signal))) events.push(event);
    })();
    await at.role.settled();
    await run(at.role, slot(0), { default: "up", "eu-1": "up" });
    await run(at.role, slot(1), { default: "down", "eu-1": "down" });
    watching.abort();
    await watched;
    expect(events.map(({ result, stateBefore, state }) => [result!.location, stateBefore, state])).toEqual([
      ["default", "pending", "up"],
      ["eu-1", "", ""],
      ["default", "up", "degraded"],
      ["eu-1", "degraded", "down"],
    ]);
  });
});

describe("the history of a check", () => {
  test("is one list of all its locations, page by page, with nothing twice and nothing left out", async () => {
    const three = aCheck(shop.id, { locations: ["us-1", "default", "eu-1"] });
    await using at = await start({ checks: [three] });
    for (let i = 0; i < 4; i++) await run(at.role, slot(i), { "us-1": "up", "eu-1": "up", ...(i !== 2 && { default: "up" }) } as Record<string, ResultStatus>, three);
    const whole = placesOf((await historyOf(at.role)).items);
    expect(whole).toEqual(["3 default", "3 eu-1", "3 us-1", "2 eu-1", "2 us-1", "1 default", "1 eu-1", "1 us-1", "0 default", "0 eu-1", "0 us-1"]);
    for (const limit of [1, 2, 4]) {
      const pages: string[] = [];
      for (let cursor: string | undefined; cursor !== ""; ) {
        const page = await historyOf(at.role, { limit, cursor: cursor ?? "" });
        pages.push(...placesOf(page.items));
        cursor = page.nextCursor;
      }
      expect(pages).toEqual(whole);
    }
    expect(placesOf((await historyOf(at.role, { limit: 2, toMs: slot(3) })).items)).toEqual(["2 eu-1", "2 us-1"]);
  });

  test("of one location is only that one's", async () => {
    await using at = await start();
    for (let i = 0; i < 3; i++) await run(at.role, slot(i), { default: "up", "eu-1": "down" });
    const first = await historyOf(at.role, { location: "eu-1", limit: 2 });
    expect([placesOf(first.items), first.nextCursor]).toEqual([["2 eu-1", "1 eu-1"], String(slot(1))]);
    expect(placesOf((await historyOf(at.role, { location: "eu-1", limit: 2, cursor: first.nextCursor })).items)).toEqual(["0 eu-1"]);
    expect((await historyOf(at.role, { location: "mars-1" })).items).toEqual([]);
  });

  test("counts the runs of all locations together, or of one", async () => {
    await using at = await start();
    for (let i = 0; i < 4; i++) await run(at.role, slot(i), { default: "up", "eu-1": i < 3 ? "down" : "up" });
    const range = { fromMs: startMs, toMs: slot(10), tier: "hour" };
    const { items } = await at.role.core.getRollups({ checkId: shop.id, ...range }, viewer);
    expect(items).toMatchObject([{ up: 5, down: 3 }]);
    expect((await at.role.core.getRollups({ checkId: shop.id, ...range, location: "eu-1" }, viewer)).items).toMatchObject([{ up: 1, down: 3 }]);
    expect((await at.role.core.countRuns({ ...range }, viewer)).items).toMatchObject([{ checkId: shop.id, up: [5], down: [3] }]);
    const intervals = [{ checkIds: [shop.id], fromMs: slot(0), toMs: slot(2) }];
    expect((await at.role.core.countIntervals({ intervals }, viewer)).items).toMatchObject([{ up: [2], down: [2] }]);
    expect((await at.role.core.countIntervals({ intervals, location: "default" }, viewer)).items).toMatchObject([{ up: [2], down: [0] }]);
    expect((await statusOf(at.role)).uptime24h).toBe(5 / 8);
    expect(items[0]!.histogram.reduce((sum, value, i) => (i % 2 === 1 ? sum + value : sum), 0)).toBe(8);
  });
});

test("a location that is taken off no longer counts, and stays readable under its name", async () => {
  await using at = await start();
  await run(at.role, slot(0), { default: "up", "eu-1": "down" });
  const alone = aCheck(shop.id, { locations: ["default"], version: 2 });
  at.role.config.save(alone);
  await at.role.settled();
  expect(await statusOf(at.role)).toMatchObject({ state: "up", locations: [{ location: "default" }], uptime24h: 1 });
  expect(placesOf((await historyOf(at.role)).items)).toEqual(["0 default"]);
  expect(placesOf((await historyOf(at.role, { location: "eu-1" })).items)).toEqual(["0 eu-1"]);
});

test("a deleted check forgets what it has at every location, those that it names no longer too", async () => {
  await using at = await start();
  await run(at.role, slot(0), { default: "up", "eu-1": "down", "us-1": "up" });
  expect(await seriesKept(at.role)).toEqual([shop.id, `${shop.id}@eu-1`, `${shop.id}@us-1`]);
  at.role.give(shop, slot(1), { location: "eu-1" });
  at.role.config.remove(shop.id);
  await at.role.settled();
  at.role.pool.end();
  await at.role.settled();
  expect(await seriesKept(at.role)).toEqual([]);
  await using next = await start({ checks: [shop] }, afterKill(at.temp));
  expect((await historyOf(next.role)).items).toEqual([]);
  expect((await statusOf(next.role)).state).toBe("pending");
});

test("a check that was deleted while the process was down is forgotten at every location", async () => {
  await using at = await start();
  await run(at.role, slot(0), { "eu-1": "down" });
  await using next = await start({ checks: [] }, afterKill(at.temp));
  await next.role.settled();
  expect(await seriesKept(next.role)).toEqual([]);
});

test("the locations that are known are home, and those that the checks of the tenant name", async () => {
  const checks = [shop, aCheck("chk_2", { locations: ["ap-1", "eu-1"] }), aCheck("chk_3"), aCheck("chk_4", { tenantId: "ten_2", locations: ["secret-1"] })];
  await using at = await start({ checks });
  expect((await at.role.core.listLocations({}, viewer)).items.map(({ location, cores, threads, checks: named }) => [location, cores, threads, named])).toEqual([
    ["default", 1, 1, 2],
    ["ap-1", 0, 0, 1],
    ["eu-1", 0, 0, 2],
  ]);
});
