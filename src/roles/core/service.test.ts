import { describe, expect, test } from "bun:test";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStatus, ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import { systemCall, withSignal, type Call, type MemberRole } from "#kernel/call";
import { runIdOf } from "#kernel/ids";
import { platformTenant } from "#ports/platform_tenant";
import { homeLocation } from "#ports/queue";
import type { ResultStore } from "#ports/results";
import { aCheck, startCoreRole, type CoreRoleUnderTest, type CoreSurroundings } from "../../testing/core_role.ts";
import { afterKill } from "../../testing/incident_role.ts";
import { openTempStore, type TempStore } from "../../testing/temp_store.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const slot = (index: number) => startMs + index * minuteMs;
const shop = aCheck("chk_shop");

function callAs(role: MemberRole, tenantId = "ten_1"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } };
}
const viewer = callAs("viewer");

async function start(around: CoreSurroundings = {}, opened?: TempStore) {
  const temp = opened ?? (await openTempStore());
  const role = await startCoreRole(temp.store, { checks: [shop], ...around });
  const dispose = async () => {
    role.pool.end();
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { temp, role, [Symbol.asyncDispose]: dispose };
}

const historyOf = async ({ core }: CoreRoleUnderTest, page: { limit?: number; cursor?: string; status?: string; fromMs?: number; toMs?: number } = {}) => core.getCheckHistory({ checkId: shop.id, ...page }, viewer);
const slotsOf = async (role: CoreRoleUnderTest) => (await historyOf(role)).items.map((item) => (item.scheduledAtMs - startMs) / minuteMs);
const statusOf = ({ core }: CoreRoleUnderTest, checkId = shop.id): Promise<CheckStatus> => core.getCheckStatus({ checkId }, viewer);
const toldSlots = (role: CoreRoleUnderTest) => role.told.map((one) => (one.result!.scheduledAtMs - startMs) / minuteMs);

describe("a task", () => {
  test("is acknowledged only after its result is on disk", async () => {
    const gate = Promise.withResolvers<void>();
    const results = (real: ResultStore): ResultStore => ({ ...real, append: (...batch) => gate.promise.then(() => real.append(...batch)) });
    await using at = await start({ results });
    const given = at.role.give(shop, slot(0));
    expect(given.acknowledged).toBe(false);
    at.role.pool.end();
    await at.role.settled();
    expect([given.acknowledged, at.role.told.length]).toEqual([false, 0]);
    gate.resolve();
    await at.role.settled();
    expect([given.acknowledged, at.role.told.length]).toEqual([true, 1]);
    await using image = afterKill(at.temp);
    expect(image.store.all("SELECT sum(results) AS rows FROM result_chunks_a")).toEqual([{ rows: 1 }]);
  });

  test("that is delivered twice gives one result, whenever its second delivery comes", async () => {
    await using at = await start();
    at.role.give(shop, slot(0));
    const whileRunning = at.role.give(shop, slot(0));
    at.role.pool.end();
    await at.role.settled();
    const after = at.role.give(shop, slot(0));
    expect([whileRunning.acknowledged, after.acknowledged, at.role.pool.inFlight]).toEqual([true, true, 0]);
    expect(await slotsOf(at.role)).toEqual([0]);
    await using next = await start({}, afterKill(at.temp));
    expect(next.role.give(shop, slot(0)).acknowledged).toBe(true);
    expect(next.role.pool.inFlight).toBe(0);
  });

  test("whose result cannot be stored comes again, and is stored then with all that was missed before it", async () => {
    let broken = true;
    const refuse = () => Promise.reject(new Error("the disk is full"));
    await using at = await start({ results: (real) => ({ ...real, append: (...batch) => (broken ? refuse() : real.append(...batch)) }) });
    const given = at.role.give(shop, slot(3), { dueSinceMs: slot(0), gapReason: "process_down" });
    at.role.pool.end({ status: "down" });
    await at.role.settled();
    expect(given).toEqual({ acknowledged: false, givenBack: "the disk is full" });
    expect((await statusOf(at.role)).state).toBe("pending");
    broken = false;
    const again = at.role.give(shop, slot(3), { dueSinceMs: slot(0), gapReason: "process_down" });
    at.role.pool.end({ status: "down" });
    await at.role.settled();
    expect(again.acknowledged).toBe(true);
    at.role.clock.jump(4 * minuteMs);
    const { items, missed } = await historyOf(at.role);
    expect(items.map((item) => item.status)).toEqual(["down"]);
    expect(missed).toMatchObject([{ firstSlotMs: slot(0), lastSlotMs: slot(2), count: 3, reason: "process_down" }]);
  });

  test("without a check is given back", async () => {
    await using at = await start();
    const given = at.role.give(shop, slot(0), { check: undefined as never });
    expect(given.givenBack).toBe("the task carries no check");
  });

  test("that comes ahead of its time waits for it while the check runs, and runs when that has ended by then", async () => {
    await using at = await start();
    at.role.give(shop, slot(0));
    await at.role.clock.advance(minuteMs - 100);
    const ahead = at.role.give(shop, slot(1));
    expect([ahead.acknowledged, at.role.pool.inFlight]).toEqual([false, 1]);
    at.role.pool.end();
    await at.role.clock.advance(100);
    expect(at.role.pool.inFlight).toBe(1);
    at.role.pool.end();
    await at.role.settled();
    expect(ahead.acknowledged).toBe(true);
    expect((await historyOf(at.role)).missed).toEqual([]);
    expect(await slotsOf(at.role)).toEqual([1, 0]);
  });

  test("that comes while the check runs is missed as an overrun, and acknowledged", async () => {
    await using at = await start();
    at.role.give(shop, slot(0));
    at.role.clock.jump(minuteMs);
    expect(at.role.give(shop, slot(1)).acknowledged).toBe(true);
    at.role.pool.end();
    await at.role.settled();
    at.role.clock.jump(minuteMs);
    expect((await historyOf(at.role)).missed).toMatchObject([{ firstSlotMs: slot(1), lastSlotMs: slot(1), count: 1, reason: "overrun" }]);
  });
});

describe("telling", () => {
  test("what was stored but not handled at a crash is told again, in order and with the same sequences", async () => {
    const never = new Promise<void>(() => {});
    await using at = await start({ handle: (message) => (message.sequence <= 2 ? Promise.resolve() : never) });
    for (let i = 0; i < 6; i++) await at.role.run(shop, slot(i), { status: i === 4 ? "down" : "up" });
    // The mark is written every two seconds.
    await at.role.clock.advance(2_200);
    await at.role.settled();
    await using next = await start({}, afterKill(at.temp));
    expect(next.role.told.map((one) => one.sequence)).toEqual([3, 4, 5, 6]);
    expect(toldSlots(next.role)).toEqual([2, 3, 4, 5]);
    expect(next.role.told.map((one) => one.result)).toEqual(at.role.told.slice(2).map((one) => one.result));
    await next.role.run(shop, slot(6));
    expect(next.role.told.at(-1)).toMatchObject({ sequence: 7, check: { id: shop.id } });
  });

  test("carries the run's identity: a crash before the result was stored gives the same one", async () => {
    await using at = await start();
    at.role.give(shop, slot(0));
    await using next = await start({}, afterKill(at.temp));
    await next.role.run(shop, slot(0));
    expect(next.role.told.map((one) => one.result!.id)).toEqual([runIdOf(shop.id, slot(0), homeLocation)]);
  });
});

test("a worker that died makes the result unknown, never down, and uptime does not count it", async () => {
  await using at = await start();
  await at.role.run(shop, slot(0));
  await at.role.run(shop, slot(1), { status: "unknown", error: { kind: "internal", message: "the probe worker died during this run" } });
  const status = await statusOf(at.role);
  expect(status).toMatchObject({ state: "unknown", strip: "un", uptime24h: 1, lastResult: { status: "unknown", error: { kind: "internal" } } });
});

describe("a deleted check", () => {
  test("is forgotten with its results, and its neighbour stays", async () => {
    const other = aCheck("chk_other");
    await using at = await start({ checks: [shop, other] });
    await at.role.run(shop, slot(0));
    await at.role.run(other, slot(0));
    at.role.config.remove(shop.id);
    await at.role.settled();
    await expect(statusOf(at.role)).rejects.toMatchObject({ code: "not_found" });
    expect((await statusOf(at.role, other.id)).strip).toBe("u");
    expect(at.role.pool.forgotten).toEqual([shop.id]);
    expect(checksOnDisk(at.temp)).toEqual(["chk_other"]);
  });

  test("is not brought back by a run that ends after it", async () => {
    await using at = await start();
    await at.role.run(shop, slot(0));
    const given = at.role.give(shop, slot(1));
    at.role.config.remove(shop.id);
    await at.role.settled();
    at.role.pool.end();
    await at.role.settled();
    expect([given.acknowledged, checksOnDisk(at.temp), toldSlots(at.role)]).toEqual([true, [], [0]]);
  });

  test("is forgotten at the next start when it was deleted while core was down", async () => {
    await using at = await start();
    await at.role.run(shop, slot(0));
    await using next = await start({ checks: [] }, afterKill(at.temp));
    await next.role.settled();
    expect(checksOnDisk(next.temp)).toEqual([]);
  });
});

// A number is never given to another check, so the row of a forgotten one may stay without its tenant.
function checksOnDisk(temp: TempStore): string[] {
  return temp.store.all<{ check_id: string }>("SELECT check_id FROM check_numbers WHERE tenant_id <> '' ORDER BY check_id").map((row) => row.check_id);
}

describe("counts of many checks", () => {
  const range = { tier: "hour", fromMs: startMs, toMs: startMs + 1 };

  test("come page by page in the order of ids, those of a check that never ran without numbers", async () => {
    const ids = [1, 2, 3].map((n) => `chk_01KA000000000000000000000${n}`);
    const [first, second, third] = ids.map((id) => aCheck(id)) as [Check, Check, Check];
    await using at = await start({ checks: [third, first, second] });
    await at.role.run(third, slot(0), { status: "down" });
    await at.role.run(first, slot(0));
    const page = await at.role.core.countRuns({ ...range, limit: 2 }, viewer);
    expect(page.items).toMatchObject([{ checkId: first.id, up: [1], down: [0] }, { checkId: second.id, up: [] }]);
    const last = await at.role.core.countRuns({ ...range, limit: 2, cursor: page.nextCursor }, viewer);
    expect([last.items, last.nextCursor]).toMatchObject([[{ checkId: third.id, up: [0], down: [1] }], ""]);
  });

  test("are not given by the minute", async () => {
    await using at = await start();
    await expect(at.role.core.countRuns({ ...range, tier: "minute" }, viewer)).rejects.toMatchObject({ code: "invalid_argument", message: 'no tier "minute" of counts: it is hour or day' });
  });
});

describe("another tenant", () => {
  test("gets not_found for a check that is not its own, from every call that names one", async () => {
    await using at = await start();
    await at.role.run(shop, slot(0));
    const stranger = callAs("owner", "ten_2");
    const { core } = at.role;
    const refused = { code: "not_found" };
    await expect(core.getCheckStatus({ checkId: shop.id }, stranger)).rejects.toMatchObject(refused);
    await expect(core.listCheckStatuses({ checkIds: [shop.id] }, stranger)).rejects.toMatchObject(refused);
    await expect(core.getCheckHistory({ checkId: shop.id }, stranger)).rejects.toMatchObject(refused);
    await expect(core.getRollups({ checkId: shop.id, tier: "hour" }, stranger)).rejects.toMatchObject(refused);
    await expect(core.countRuns({ checkIds: [shop.id], tier: "hour", fromMs: startMs, toMs: startMs + 1 }, stranger)).rejects.toMatchObject(refused);
    expect((await core.countRuns({ tier: "hour", fromMs: startMs, toMs: startMs + 1 }, stranger)).items).toEqual([]);
    expect((await core.listCheckStatuses({}, stranger)).items).toEqual([]);
    expect((await core.listCheckStatuses({}, viewer)).items).toHaveLength(1);
  });

  test("watches its own results only", async () => {
    const theirs = aCheck("chk_theirs", { tenantId: "ten_2" });
    await using at = await start({ checks: [shop, theirs] });
    const leave = new AbortController();
    const events = at.role.core.watchResults({}, withSignal(callAs("viewer", "ten_2"), leave.signal))[Symbol.asyncIterator]();
    const first = events.next();
    await at.role.run(shop, slot(0));
    await at.role.run(theirs, slot(0), { status: "down" });
    await at.role.run(theirs, slot(1), { status: "down" });
    const seen = [(await first).value, (await events.next()).value] as ResultEvent[];
    expect(seen.map((event) => [event.result!.checkId, event.stateBefore, event.state])).toEqual([
      ["chk_theirs", "pending", "down"],
      ["chk_theirs", "", ""],
    ]);
    leave.abort();
    expect((await events.next()).done).toBe(true);
  });

  test("tests an unsaved check as its own, whatever tenant the check names, and nothing of that is stored", async () => {
    await using at = await start();
    const editor = callAs("editor", "ten_2");
    await expect(at.role.core.executeCheck({ check: shop }, editor)).rejects.toMatchObject({ code: "not_found" });
    const answer = at.role.core.executeCheck({ check: { ...shop, id: "" } }, editor);
    await at.role.clock.advance(0);
    expect(at.role.pool.running[0]!.check).toMatchObject({ tenantId: "ten_2", id: "" });
    at.role.pool.end({ status: "down" });
    expect(await answer).toMatchObject({ status: "down", trigger: "test", error: { kind: "connect_refused" } });
    expect([await slotsOf(at.role), at.role.told]).toEqual([[], []]);
    await expect(at.role.core.executeCheck({ check: shop }, viewer)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("asks a server what it offers like an unsaved check of the caller's tenant; one that does not tell is an answer", async () => {
    await using at = await start();
    const ask = async (end: object) => {
      const answer = at.role.core.reflectDescriptors({ target: { address: "shop.example:443" }, timeoutMs: 5_000 }, callAs("editor", "ten_2"));
      await at.role.clock.advance(0);
      expect(at.role.pool.running[0]!.check).toMatchObject({ tenantId: "ten_2", id: "", type: "grpc_reflection", target: { address: "shop.example:443" }, timeoutMs: 5_000, retries: 0 });
      at.role.pool.end(end);
      return answer;
    };
    const observed = { remoteAddress: "10.0.0.5", descriptorSet: "AQI=", services: ["a.S"], undescribed: ["a.T"], offersHealth: true };
    expect(await ask({ status: "up", error: undefined, detail: { observed, assertions: [], attemptDetails: [] } })).toMatchObject({ fileDescriptorSet: Buffer.from([1, 2]), services: ["a.S"], undescribed: ["a.T"], offersHealth: true, remoteAddress: "10.0.0.5" });
    const error = { kind: "connect_refused", message: "connection refused" };
    expect(await ask({ status: "down", error, detail: { observed: { remoteAddress: "10.0.0.5" }, assertions: [], attemptDetails: [] } })).toMatchObject({ services: [], remoteAddress: "10.0.0.5", error });
    expect(await ask({ status: "unknown", error: { kind: "internal", message: "the probe worker died" }, detail: undefined })).toMatchObject({ remoteAddress: "", error: { kind: "internal" } });
    expect([await slotsOf(at.role), at.role.told]).toEqual([[], []]);
    await expect(at.role.core.reflectDescriptors({ target: { address: "h:1" } }, viewer)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("history", () => {
  test("comes in pages, newest first, without a gap and without a repeat", async () => {
    await using at = await start({ logRows: 4 });
    for (let i = 0; i < 11; i++) {
      await at.role.run(shop, slot(i), { status: i % 4 === 0 ? "down" : "up" });
      await at.role.clock.advance(1_000);
    }
    const pages: number[][] = [];
    let cursor = "";
    do {
      const page = await historyOf(at.role, { limit: 4, cursor });
      pages.push(page.items.map((item) => (item.scheduledAtMs - startMs) / minuteMs));
      cursor = page.nextCursor;
    } while (cursor !== "");
    expect(pages).toEqual([[10, 9, 8, 7], [6, 5, 4, 3], [2, 1, 0]]);
    const down = await historyOf(at.role, { status: "down", limit: 2 });
    expect(down.items.map((item) => item.scheduledAtMs)).toEqual([slot(8), slot(4)]);
    expect((await historyOf(at.role, { fromMs: slot(2), toMs: slot(4) })).items.map((item) => item.scheduledAtMs)).toEqual([slot(3), slot(2)]);
  });

  test("refuses a cursor, a status and a tier that do not exist, and says what would be right", async () => {
    await using at = await start();
    await expect(historyOf(at.role, { cursor: "next" })).rejects.toThrow('the cursor "next" was not given out by this list');
    await expect(historyOf(at.role, { status: "broken" })).rejects.toThrow('no status "broken": it is one of up, degraded, down, unknown');
    await expect(at.role.core.getRollups({ checkId: shop.id, tier: "week" }, viewer)).rejects.toThrow('no tier "week": it is one of minute, hour, day');
  });
});

describe("the status of a check", () => {
  test("is pending before the first result and paused when the check is", async () => {
    const off = aCheck("chk_off", { enabled: false });
    await using at = await start({ checks: [shop, off] });
    expect([(await statusOf(at.role)).state, (await statusOf(at.role, "chk_off")).state]).toEqual(["pending", "paused"]);
  });

  test("is the same after a restart, though most of its results were sealed", async () => {
    await using at = await start({ logRows: 10 });
    for (let i = 0; i < 75; i++) {
      await at.role.run(shop, slot(i), { status: i === 50 || i === 51 ? "down" : "up" });
      await at.role.clock.advance(500);
    }
    const before = await statusOf(at.role);
    expect(before).toMatchObject({ state: "up", sinceMs: slot(52), strip: `${"u".repeat(35)}dd${"u".repeat(23)}` });
    await using next = await start({ clock: at.role.clock }, afterKill(at.temp));
    expect(next.temp.store.get("SELECT count(*) AS segments FROM result_segments")).not.toEqual({ segments: 0 });
    const { uptime24h, lastResult, ...after } = await statusOf(next.role);
    const { uptime24h: uptimeBefore, lastResult: lastBefore, ...expected } = before;
    expect(after).toEqual(expected);
    expect([uptime24h, lastResult!.id]).toEqual([uptimeBefore, lastBefore!.id]);
  });
});

test("a check of the dead man's switch is forgotten with its results when the next one comes", async () => {
  await using temp = await openTempStore();
  const role = await startCoreRole(temp.store);
  const walker = (id: string) => aCheck(id, { tenantId: platformTenant });
  await role.run(walker("chk_walk_1"), role.clock.now());
  await role.run(walker("chk_walk_1"), role.clock.now() + 60_000);
  expect(role.pool.forgotten).toEqual([]);
  await role.run(walker("chk_walk_2"), role.clock.now() + 120_000);
  await role.settled();
  expect(role.pool.forgotten).toEqual(["chk_walk_1"]);
  const stored = async (checkId: string) => (await role.results.history({ tenantId: platformTenant, checkId, limit: 10, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined })).length;
  expect([await stored("chk_walk_1"), await stored("chk_walk_2")]).toEqual([0, 1]);
  await role.stop();
});
