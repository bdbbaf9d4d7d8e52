/** The law for every store of schedules. `epoch` is the one the scheduler's lease has in the store under test. */
import { expect, test } from "bun:test";
import type { ScheduleStore, StoredSchedule } from "./schedules.ts";

export interface SchedulesUnderTest extends AsyncDisposable {
  store: ScheduleStore;
  epoch: number;
}

const schedule: StoredSchedule = {
  tenantId: "ten_1",
  checkId: "chk_1",
  everyMs: 60_000,
  cron: "",
  timezone: "",
  removed: false,
  createdAtMs: 1_000,
  activeSinceMs: 1_000,
  toldMs: 0,
};

export function schedulesConformance(open: () => Promise<SchedulesUnderTest>): void {
  test("a saved schedule reads back; saving again replaces it", async () => {
    await using at = await open();
    await at.store.save(schedule, at.epoch);
    await at.store.save({ ...schedule, everyMs: 0, cron: "0 * * * *", timezone: "Europe/Riga" }, at.epoch);
    expect(await at.store.find("ten_1", "chk_1")).toEqual({ ...schedule, everyMs: 0, cron: "0 * * * *", timezone: "Europe/Riga" });
    expect(await at.store.all()).toHaveLength(1);
  });

  test("another tenant neither finds, lists nor overwrites it", async () => {
    await using at = await open();
    await at.store.save(schedule, at.epoch);
    await at.store.save({ ...schedule, tenantId: "ten_2", everyMs: 1_000 }, at.epoch);
    expect(await at.store.find("ten_2", "chk_1")).toBeUndefined();
    expect(await at.store.list("ten_2", 10, "")).toEqual([]);
    expect((await at.store.find("ten_1", "chk_1"))?.everyMs).toBe(60_000);
  });

  test("a removed schedule is kept but not listed", async () => {
    await using at = await open();
    await at.store.save({ ...schedule, removed: true }, at.epoch);
    expect(await at.store.list("ten_1", 10, "")).toEqual([]);
    expect((await at.store.find("ten_1", "chk_1"))?.removed).toBe(true);
  });

  test("a write with an old epoch is refused and changes nothing", async () => {
    await using at = await open();
    await at.store.save(schedule, at.epoch);
    await expect(at.store.save({ ...schedule, everyMs: 1_000 }, at.epoch - 1)).rejects.toMatchObject({ code: "failed_precondition" });
    await expect(at.store.markTold([{ checkId: "chk_1", toldMs: 5 }], at.epoch - 1)).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await at.store.find("ten_1", "chk_1")).toEqual(schedule);
  });

  test("what was told never moves back", async () => {
    await using at = await open();
    await at.store.save(schedule, at.epoch);
    await at.store.markTold([{ checkId: "chk_1", toldMs: 50 }], at.epoch);
    await at.store.markTold([{ checkId: "chk_1", toldMs: 20 }], at.epoch);
    expect((await at.store.find("ten_1", "chk_1"))?.toldMs).toBe(50);
  });
}
