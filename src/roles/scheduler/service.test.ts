import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { CheckChangeSchema, CheckSchema, type Check, type CheckChange } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import { systemCall } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createIds, runIdOf } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { createTelemetry } from "#kernel/telemetry";
import { createFakeClock, type FakeClock } from "../../testing/fake_clock.ts";
import { openSchedulerStores, type SchedulerStores } from "../../testing/scheduler_stores.ts";
import { parseTiming } from "./calendar.ts";
import { createSchedules, type Context, type Schedules } from "./service.ts";

const call = systemCall("test", "ten_1");
const every = (text: string) => parseTiming({ every: text, cron: "", timezone: "" });

let clock: FakeClock;
let stores: SchedulerStores;
let checks: Map<string, Check>;
let changes: ReturnType<typeof createBroadcast<CheckChange>>;
let told: CheckTask[];
let started: Schedules[];
let leads: boolean;

beforeEach(async () => {
  clock = createFakeClock(Date.UTC(2026, 0, 1, 0, 0, 0, 500));
  stores = await openSchedulerStores();
  checks = new Map();
  changes = createBroadcast();
  told = [];
  started = [];
  leads = true;
});

afterEach(async () => {
  for (const schedules of started) await schedules.stop();
  await stores.close();
});

function save(id: string, fields: MessageInitShape<typeof CheckSchema> & object = {}): Check {
  const check = create(CheckSchema, { id, tenantId: "ten_1", name: id, type: "http", enabled: true, version: 1, ...fields });
  checks.set(id, check);
  changes.send(create(CheckChangeSchema, { change: { case: "saved", value: check } }));
  return check;
}

async function start(): Promise<Schedules> {
  const config = {
    async getCheck({ id }: { id: string }) {
      const check = checks.get(id);
      if (!check) throw new AppError("not_found", "no such check");
      return check;
    },
    async *watchChecks(_request: object, { signal }: { signal: AbortSignal }) {
      const later = changes.subscribe(signal);
      for (const check of checks.values()) yield create(CheckChangeSchema, { change: { case: "saved", value: check } });
      yield create(CheckChangeSchema, { change: { case: "synced", value: true } });
      yield* later;
    },
  };
  const queue = {
    publish: (_queue: string, messages: { body: CheckTask }[]) => {
      told.push(...messages.map((message) => message.body));
      return Promise.resolve();
    },
  };
  const schedules = await createSchedules({
    settings: { maxStartsPerSecond: 1_000, dispatchAhead: 0, catchUpAfter: 600_000 },
    needs: { config },
    ports: { schedules: stores.schedules, queue },
    leadership: { leads: () => leads, epoch: () => stores.epoch },
    clock,
    ids: createIds(clock.now),
    log: silentLog,
    telemetry: createTelemetry(),
    releases: createReleases(silentLog),
  } as unknown as Context);
  schedules.begin();
  started.push(schedules);
  await clock.advance(0);
  return schedules;
}

test("every slot of an interval is told once, in order, on the check's own grid", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  await clock.advance(60_000);
  const slots = told.map((task) => task.slotMs);
  expect(slots.length).toBe(6);
  expect(slots.map((slot) => slot - slots[0]!)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
  expect(new Set(told.map((task) => task.runId)).size).toBe(6);
});

test("a check without a schedule gets the default one, a removed schedule stays removed over a restart", async () => {
  save("chk_1");
  const schedules = await start();
  await clock.advance(5_000);
  expect((await schedules.get("ten_1", "chk_1")).timing.everyMs).toBe(60_000);
  await schedules.remove("ten_1", "chk_1");
  await schedules.stop();
  const again = await start();
  await clock.advance(200_000);
  expect(told).toEqual([]);
  await expect(again.get("ten_1", "chk_1")).rejects.toMatchObject({ code: "not_found" });
});

test("a heartbeat is looked at as often as its target asks for, and its cron expression is read for core", async () => {
  const ofHeartbeat = async (id: string, target: JsonObject) => {
    save(id, { type: "heartbeat", target });
    await clock.advance(130_000);
    return told.filter((task) => task.check!.id === id).at(-1)!;
  };
  await start();
  expect((await ofHeartbeat("chk_1", { period: "20s" })).everyMs).toBe(5_000);
  const nightly = await ofHeartbeat("chk_2", { cron: "*/2 * * * *", timezone: "Europe/Riga", grace: "1m" });
  expect(nightly.everyMs).toBe(15_000);
  const graceMs = 60_000;
  const everyMs = 120_000;
  expect(nightly.expectedDueMs).toBe(Math.floor((nightly.slotMs - graceMs) / everyMs) * everyMs);
  expect(nightly.expectedNextMs).toBe((Math.floor(nightly.slotMs / everyMs) + 1) * everyMs);
  expect(await ofHeartbeat("chk_3", { cron: "nonsense" })).toMatchObject({ expectedDueMs: 0, expectedNextMs: 0 });
});

test("after a restart the next task says since when its slots were due and that the process was down", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  const dueSince = clock.now();
  await clock.advance(25_000);
  await schedules.stop();
  await clock.advance(120_000);
  told.length = 0;
  await start();
  await clock.advance(10_000);
  expect(told.map((task) => [task.dueSinceMs, task.gapReason])).toEqual([[dueSince, "process_down"]]);
  await clock.advance(10_000);
  expect(told[1]!.gapReason).toBe("");
});

test("progress of a schedule that runs often is stored now and then and at the end, that of a rare one soon", async () => {
  save("chk_1");
  save("chk_2");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  await schedules.save("chk_2", every("10m"), call);
  const marks = async () => Object.fromEntries((await stores.schedules.all()).map(({ checkId, toldMs }) => [checkId, toldMs]));
  const newest = (checkId: string) => told.findLast(({ check }) => check!.id === checkId)!.slotMs;
  const stored = new Set<number>();
  for (let minutes = 0; minutes < 40; minutes++) {
    await clock.advance(60_000);
    const { chk_1: often, chk_2: rarely } = await marks();
    stored.add(often!);
    if (minutes > 10) expect([newest("chk_1") - often! <= 610_000, rarely]).toEqual([true, newest("chk_2")]);
  }
  // At the first slot and every ten minutes, of 240 slots.
  expect(stored.size).toBeLessThanOrEqual(6);
  await schedules.stop();
  expect((await marks())["chk_1"]).toBe(newest("chk_1"));
});

test("a check that runs rarely runs its newest missed slot at once after a restart, and only that one", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10m"), call);
  await clock.advance(600_000);
  await schedules.stop();
  const before = told.at(-1)!.slotMs;
  await clock.advance(3 * 600_000);
  told.length = 0;
  await start();
  await clock.advance(100);
  expect(told.map((task) => task.slotMs)).toEqual([before + 3 * 600_000]);
});

test("cron tasks after a restart carry the slots before them, those told last included, for core to know which it has", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", parseTiming({ every: "", cron: "*/10 * * * *", timezone: "UTC" }), call);
  await clock.advance(10 * 60_000);
  await schedules.stop();
  await clock.advance(35 * 60_000);
  told.length = 0;
  await start();
  await clock.advance(6 * 60_000);
  const minutes = (ms: number) => new Date(ms).getUTCMinutes();
  expect(told.map((task) => [minutes(task.slotMs), task.earlierSlotsMs.map(minutes)])).toEqual([[50, [10, 20, 30, 40]]]);
});

test("after the process stood still the newest slot runs and the others are told as a gap, never a burst", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  await clock.advance(20_000);
  told.length = 0;
  clock.jump(60_000);
  await clock.advance(10_000);
  expect(told.length).toBeLessThanOrEqual(2);
  expect(told[0]!.gapReason).toBe("clock_jump");
});

test("a wall clock that is set back does not stop the checks", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  await clock.advance(20_000);
  clock.jump(-3_600_000);
  told.length = 0;
  // Up to a second passes until it is noticed.
  await clock.advance(31_000);
  expect(told.length).toBeGreaterThanOrEqual(3);
});

test("a paused check is not told, and its slots of that time are not due later", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("10s"), call);
  save("chk_1", { enabled: false });
  await clock.advance(60_000);
  expect(told).toEqual([]);
  expect((await schedules.get("ten_1", "chk_1")).state).toBe("paused");
  const resumedAt = clock.now();
  save("chk_1");
  await clock.advance(10_000);
  expect(told.length).toBe(1);
  expect(told[0]!.dueSinceMs).toBeGreaterThanOrEqual(resumedAt);
});

test("a deleted check is never told again, and its schedule is gone", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("1s"), call);
  checks.delete("chk_1");
  changes.send(create(CheckChangeSchema, { change: { case: "deleted", value: "chk_1" } }));
  await clock.advance(0);
  told.length = 0;
  await clock.advance(10_000);
  expect(told).toEqual([]);
  expect(await stores.schedules.all()).toEqual([]);
});

test("one that does not lead tells nothing, and goes on from the next slot when it does", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("1s"), call);
  leads = false;
  await clock.advance(5_000);
  expect(told).toEqual([]);
  leads = true;
  await clock.advance(5_000);
  expect(told.length).toBeGreaterThan(3);
});

test("a run that somebody asks for at the very instant of a slot is not taken for the run of that slot", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("1s"), call);
  await clock.advance(2_000);
  const slotMs = (await schedules.get("ten_1", "chk_1")).nextMs;
  await clock.advance(slotMs - clock.now());
  const runId = await schedules.runNow("chk_1", call);
  await clock.advance(100);
  const ids = told.map((task) => task.runId);
  expect(ids).toContain(runId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("another tenant neither sees nor removes a schedule", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("1s"), call);
  await expect(schedules.get("ten_2", "chk_1")).rejects.toMatchObject({ code: "not_found" });
  await expect(schedules.remove("ten_2", "chk_1")).rejects.toMatchObject({ code: "not_found" });
  expect((await schedules.list("ten_2", { limit: 10, cursor: "", checkIds: ["chk_1"] })).items).toEqual([]);
});

test("the shortest period is that of a check that is active and waits for nobody", async () => {
  const schedules = await start();
  for (const [id, period] of [["chk_1", "1m"], ["chk_2", "30s"], ["chk_3", "10s"]] as const) {
    save(id, id === "chk_3" ? { type: "heartbeat" } : {});
    await clock.advance(0);
    await schedules.save(id, every(period), call);
  }
  expect(schedules.shortest()).toMatchObject({ checkId: "chk_2", everyMs: 30_000 });
  save("chk_2", { enabled: false });
  await clock.advance(0);
  expect(schedules.shortest()).toMatchObject({ checkId: "chk_1" });
  await schedules.remove("ten_1", "chk_1");
  expect(schedules.shortest()).toBeUndefined();
});

test("a slot is told once for each location of the check, and every run has an id of its own", async () => {
  save("chk_1", { locations: ["eu-1", "default", "us-1"] });
  const schedules = await start();
  await schedules.save("chk_1", every("60s"), call);
  await clock.advance(120_000);
  const slots = [...new Set(told.map((task) => task.slotMs))];
  expect(slots).toHaveLength(2);
  expect(told.map(({ slotMs, location }) => [slotMs, location])).toEqual(slots.flatMap((slot) => ["eu-1", "default", "us-1"].map((location) => [slot, location])));
  expect(new Set(told.map((task) => task.runId)).size).toBe(6);
  expect(told.every((task) => task.runId === runIdOf("chk_1", task.slotMs, task.location))).toBe(true);
});

test("at a location that is added later slots are due from then on, and one that is taken off gets no more", async () => {
  save("chk_1", { locations: ["default"] });
  const schedules = await start();
  await schedules.save("chk_1", every("60s"), call);
  const madeAtMs = clock.now();
  await clock.advance(120_000);
  save("chk_1", { locations: ["default", "eu-1"], version: 2 });
  await clock.advance(60_000);
  expect(told.slice(-2).map(({ location, dueSinceMs }) => [location, dueSinceMs])).toEqual([["default", madeAtMs], ["eu-1", madeAtMs + 120_000]]);
  save("chk_1", { locations: ["eu-1"], version: 3 });
  told.length = 0;
  await clock.advance(60_000);
  expect(told.map(({ location, dueSinceMs }) => [location, dueSinceMs])).toEqual([["eu-1", madeAtMs + 120_000]]);
});

test("a run that somebody asks for is made at every location, and answered with the first one's id", async () => {
  save("chk_1", { locations: ["eu-1", "default"] });
  const schedules = await start();
  const id = await schedules.runNow("chk_1", call);
  expect(told.map(({ location, trigger }) => [location, trigger])).toEqual([["eu-1", "manual"], ["default", "manual"]]);
  expect(told[0]!.runId).toBe(id);
  expect(told[1]!.runId).toBe(runIdOf("chk_1", told[0]!.slotMs, "default"));
});
