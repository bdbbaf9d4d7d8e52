import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { CheckChangeSchema, CheckSchema, type Check, type CheckChange } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import { systemCall } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createIds } from "#kernel/ids";
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

beforeEach(async () => {
  clock = createFakeClock(Date.UTC(2026, 0, 1, 0, 0, 0, 500));
  stores = await openSchedulerStores();
  checks = new Map();
  changes = createBroadcast();
  told = [];
  started = [];
});

afterEach(async () => {
  for (const schedules of started) await schedules.stop();
  await stores.close();
});

function save(id: string, fields: { enabled?: boolean } = {}): Check {
  const check = create(CheckSchema, { id, tenantId: "ten_1", name: id, type: "http", enabled: true, version: 1, ...fields });
  checks.set(id, check);
  changes.send(create(CheckChangeSchema, { change: { case: "saved", value: check } }));
  return check;
}

async function start(instanceId = "local"): Promise<Schedules> {
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
    settings: { instanceId, maxStartsPerSecond: 1_000, catchUpAfter: 600_000 },
    needs: { config },
    ports: { ...stores.ports, queue },
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
  expect(await stores.ports.schedules.all()).toEqual([]);
});

test("of two processes only the leader tells; the other takes over when the leader is gone", async () => {
  save("chk_1");
  const first = await start("a");
  await first.save("chk_1", every("1s"), call);
  await start("b");
  await clock.advance(5_000);
  const slots = told.map((task) => task.slotMs);
  expect(slots.length).toBe(new Set(slots).size);
  await first.stop();
  told.length = 0;
  await clock.advance(20_000);
  expect(told.length).toBeGreaterThan(5);
});

test("another tenant neither sees nor removes a schedule", async () => {
  save("chk_1");
  const schedules = await start();
  await schedules.save("chk_1", every("1s"), call);
  await expect(schedules.get("ten_2", "chk_1")).rejects.toMatchObject({ code: "not_found" });
  await expect(schedules.remove("ten_2", "chk_1")).rejects.toMatchObject({ code: "not_found" });
  expect((await schedules.list("ten_2", { limit: 10, cursor: "", checkIds: ["chk_1"] })).items).toEqual([]);
});
