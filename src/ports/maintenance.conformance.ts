/** The law for every store of maintenance windows and of what they covered. */
import { expect, test } from "bun:test";
import type { MaintenanceSpan, MaintenanceStore, MaintenanceWindow } from "./maintenance.ts";

export interface MaintenanceStoreUnderTest extends AsyncDisposable {
  maintenance: MaintenanceStore;
}

const window = (id: string, change: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id,
  tenantId: "ten_1",
  name: `Window ${id}`,
  description: "",
  enabled: true,
  matchers: [{ label: "tag.env", op: "in", value: ["prod", "stage"] }],
  schedule: { rrule: "FREQ=DAILY", dtstart: "2026-01-01T02:30", duration: "2h", timezone: "Europe/Berlin", exdates: ["2026-01-02T02:30"] },
  endedAtMs: 0,
  version: 1,
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  ...change,
});

const span = (windowId: string, fromMs: number, toMs: number, change: Partial<MaintenanceSpan> = {}): MaintenanceSpan => ({
  tenantId: "ten_1",
  windowId,
  fromMs,
  toMs,
  checkIds: ["chk_1", "chk_2"],
  ...change,
});

export function maintenanceStoreConformance(open: () => Promise<MaintenanceStoreUnderTest>): void {
  test("a window is read as it was stored", async () => {
    await using under = await open();
    const one = window("mnt_1", { enabled: false, endedAtMs: 5_000, schedule: { start: "2026-01-01T00:00:00Z", end: "2026-01-01T01:00:00Z" } });
    await under.maintenance.insert(one);
    expect(await under.maintenance.find("ten_1", "mnt_1")).toEqual(one);
  });

  test("a change that saw another version changes nothing", async () => {
    await using under = await open();
    await under.maintenance.insert(window("mnt_1"));
    expect(await under.maintenance.replace(window("mnt_1", { name: "Late", version: 3 }), 2)).toBe(false);
    const next = window("mnt_1", { name: "New", version: 2, endedAtMs: 7, updatedAtMs: 9_000 });
    expect(await under.maintenance.replace(next, 1)).toBe(true);
    expect(await under.maintenance.find("ten_1", "mnt_1")).toEqual(next);
  });

  test("pages are ordered by id and begin after the cursor; all are those of every tenant", async () => {
    await using under = await open();
    for (const id of ["mnt_3", "mnt_1", "mnt_2"]) await under.maintenance.insert(window(id));
    await under.maintenance.insert(window("mnt_4", { tenantId: "ten_2" }));
    expect((await under.maintenance.list("ten_1", "mnt_1", 1)).map(({ id }) => id)).toEqual(["mnt_2"]);
    expect((await under.maintenance.all()).map(({ id }) => id)).toEqual(["mnt_1", "mnt_2", "mnt_3", "mnt_4"]);
  });

  test("a tenant can neither see, change nor remove the window of another, nor what it covered", async () => {
    await using under = await open();
    await under.maintenance.insert(window("mnt_1"));
    await under.maintenance.putSpan(span("mnt_1", 1_000, 2_000));
    expect(await under.maintenance.find("ten_2", "mnt_1")).toBeUndefined();
    expect(await under.maintenance.list("ten_2", "", 10)).toEqual([]);
    expect(await under.maintenance.replace(window("mnt_1", { tenantId: "ten_2", version: 2 }), 1)).toBe(false);
    expect(await under.maintenance.remove("ten_2", "mnt_1")).toBe(false);
    expect(await under.maintenance.spans("ten_2", 0, 10_000)).toEqual([]);
    expect(await under.maintenance.remove("ten_1", "mnt_1")).toBe(true);
  });

  test("what a window covered stays when the window is removed", async () => {
    await using under = await open();
    await under.maintenance.insert(window("mnt_1"));
    await under.maintenance.putSpan(span("mnt_1", 1_000, 2_000));
    await under.maintenance.remove("ten_1", "mnt_1");
    expect(await under.maintenance.spans("ten_1", 0, 10_000)).toEqual([span("mnt_1", 1_000, 2_000)]);
  });

  test("spans that touch a range come oldest first, and those over the same checks share one list", async () => {
    await using under = await open();
    for (const [fromMs, toMs] of [[3_000, 4_000], [1_000, 2_000], [1_500, 3_001]] as const) await under.maintenance.putSpan(span(`mnt_${fromMs}`, fromMs, toMs));
    const found = await under.maintenance.spans("ten_1", 2_000, 3_001);
    expect(found.map(({ fromMs }) => fromMs)).toEqual([1_500, 3_000]);
    expect(found[0]!.checkIds).toBe(found[1]!.checkIds);
  });

  test("a span with the same key is replaced, one that is ended ends, and one that ends where it begins is gone", async () => {
    await using under = await open();
    await under.maintenance.putSpan(span("mnt_1", 1_000, 2_000));
    await under.maintenance.putSpan(span("mnt_1", 1_000, 3_000, { checkIds: ["chk_9"] }));
    expect(await under.maintenance.spans("ten_1", 0, 10_000)).toEqual([span("mnt_1", 1_000, 3_000, { checkIds: ["chk_9"] })]);
    await under.maintenance.endSpan(span("mnt_1", 1_000, 0), 1_500);
    expect((await under.maintenance.spans("ten_1", 0, 10_000)).map(({ toMs }) => toMs)).toEqual([1_500]);
    await under.maintenance.endSpan(span("mnt_1", 1_000, 0), 1_000);
    expect(await under.maintenance.spans("ten_1", 0, 10_000)).toEqual([]);
  });

  test("the last span of a window is the one that began last", async () => {
    await using under = await open();
    await under.maintenance.putSpan(span("mnt_1", 1_000, 9_000));
    await under.maintenance.putSpan(span("mnt_1", 2_000, 3_000, { checkIds: [] }));
    await under.maintenance.putSpan(span("mnt_2", 500, 600));
    expect(await under.maintenance.lastSpans()).toEqual([span("mnt_1", 2_000, 3_000, { checkIds: [] }), span("mnt_2", 500, 600)]);
  });

  test("old spans are removed in portions, and lists that others need stay", async () => {
    await using under = await open();
    for (const fromMs of [1_000, 2_000, 3_000]) await under.maintenance.putSpan(span("mnt_1", fromMs, fromMs + 500));
    expect(await under.maintenance.removeSpansBefore(3_000, 1)).toBe(1);
    expect(await under.maintenance.removeSpansBefore(3_000, 10)).toBe(1);
    expect(await under.maintenance.spans("ten_1", 0, 10_000)).toEqual([span("mnt_1", 3_000, 3_500)]);
  });
}
