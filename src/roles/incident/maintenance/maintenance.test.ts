import { expect, test } from "bun:test";
import type { Overlay } from "#contracts/uptimeping/incident/v1/incident_pb";
import { systemCall } from "#kernel/call";
import { createIds } from "#kernel/ids";
import { createSqliteMaintenanceStore } from "../../../adapters/sqlite/maintenance.ts";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { startIncidentRole, type IncidentSurroundings } from "../../../testing/incident_role.ts";
import { openTempStore, type TempStore } from "../../../testing/temp_store.ts";
import { createMaintenance } from "./service.ts";

const hourMs = 3_600_000;
const call = systemCall("test", "ten_1");
const prod = [{ label: "tag.env", op: "eq", value: "prod" }];
const nightly = { cron: "0 2 * * *", duration: "1h", timezone: "UTC" };
const checks = [
  { id: "chk_1", tags: { env: "prod" } },
  { id: "chk_2", tags: { env: "prod" } },
  { id: "chk_3", tags: { env: "test" } },
  { id: "chk_4", tags: { env: "prod" }, tenantId: "ten_2" },
];

const window = (change: object = {}) => ({ name: "Nightly", matchers: prod, schedule: nightly, ...change });
const at = (text: string) => Date.parse(`2026-01-${text}Z`);

async function start(temp: TempStore, around: IncidentSurroundings = {}) {
  const role = await startIncidentRole(temp.store, { checks, ...around });
  await role.clock.advance(0);
  return role;
}

const spansOf = (overlay: unknown) =>
  (overlay as Overlay).spans.map(({ fromMs, toMs, selection }) => [new Date(fromMs).toISOString().slice(8, 16), new Date(toMs).toISOString().slice(8, 16), (overlay as Overlay).selections[selection]!.checkIds.join()]);

const overlayOf = async (role: Awaited<ReturnType<typeof start>>) => spansOf(await role.api.getOverlay({ fromMs: 0, toMs: at("31T00:00") } as never, call));

test("what a window covered stays when it is changed, ended or deleted", async () => {
  await using temp = await openTempStore();
  const role = await start(temp);
  const { id } = await role.api.createMaintenance({ window: window() } as never, call);
  await role.clock.advance(26 * hourMs + hourMs / 2);
  expect(await overlayOf(role)).toEqual([
    ["01T02:00", "01T03:00", "chk_1,chk_2"],
    ["02T02:00", "02T03:00", "chk_1,chk_2"],
  ]);
  const ended = await role.api.endMaintenance({ id } as never, call);
  expect(ended).toMatchObject({ version: 2, activeUntilMs: 0, nextStartMs: at("03T02:00") });
  expect((await overlayOf(role)).at(-1)).toEqual(["02T02:00", "02T02:30", "chk_1,chk_2"]);
  await role.api.updateMaintenance({ id, version: 2, patch: { schedule: { ...nightly, cron: "30 2 * * *" } } } as never, call);
  await role.clock.advance(hourMs / 4);
  await role.api.deleteMaintenance({ id } as never, call);
  expect(await overlayOf(role)).toEqual([
    ["01T02:00", "01T03:00", "chk_1,chk_2"],
    ["02T02:00", "02T02:45", "chk_1,chk_2"],
  ]);
  await role.stop();
});

test("an occurrence that passed while no process ran is written afterwards, and one that lasts is not written twice", async () => {
  await using temp = await openTempStore();
  const first = await start(temp);
  await first.api.createMaintenance({ window: window() } as never, call);
  await first.clock.advance(2.5 * hourMs);
  await first.stop();
  const second = await start(temp, { clock: createFakeClock(at("03T02:30")) });
  await second.clock.advance(20_000);
  expect(await overlayOf(second)).toEqual([
    ["01T02:00", "01T03:00", "chk_1,chk_2"],
    ["02T02:00", "02T03:00", "chk_1,chk_2"],
    ["03T02:00", "03T03:00", "chk_1,chk_2"],
  ]);
  await second.stop();
});

test("a check that comes while a window lasts is covered from then on", async () => {
  await using temp = await openTempStore();
  const first = await start(temp);
  await first.api.createMaintenance({ window: window() } as never, call);
  await first.clock.advance(2.5 * hourMs);
  await first.stop();
  const second = await start(temp, { clock: createFakeClock(at("01T02:30")), checks: [...checks, { id: "chk_9", tags: { env: "prod" } }] });
  await second.clock.advance(15_000);
  expect(await overlayOf(second)).toEqual([
    ["01T02:00", "01T02:30", "chk_1,chk_2"],
    ["01T02:30", "01T03:00", "chk_1,chk_2,chk_9"],
  ]);
  await second.stop();
});

test("what is asked while a run is judged: by label and by instant, of the tenant's own windows", async () => {
  await using temp = await openTempStore();
  const clock = createFakeClock();
  const labels = { complete: () => false, revision: () => 0, selected: () => [], follow() {} };
  const maintenance = await createMaintenance({ store: createSqliteMaintenanceStore(temp.store), checks: labels, clock, ids: createIds(clock.now) });
  const { window: made } = await maintenance.create("ten_1", window() as never);
  const covered = { windowId: made.id, name: "Nightly" };
  expect(maintenance.coveringAt("ten_1", { "tag.env": "prod" }, at("05T02:00"))).toEqual(covered);
  expect(maintenance.coveringAt("ten_1", { "tag.env": "prod" }, at("05T03:00") - 1)).toEqual(covered);
  expect(maintenance.coveringAt("ten_1", { "tag.env": "prod" }, at("05T03:00"))).toBeUndefined();
  // Out of order, as results may come after a restart.
  expect(maintenance.coveringAt("ten_1", { "tag.env": "prod" }, at("04T02:59"))).toEqual(covered);
  expect(maintenance.coveringAt("ten_1", { "tag.env": "test" }, at("05T02:00"))).toBeUndefined();
  expect(maintenance.coveringAt("ten_2", { "tag.env": "prod" }, at("05T02:00"))).toBeUndefined();
  await maintenance.update("ten_1", made.id, { patch: { enabled: false }, version: 1 });
  expect(maintenance.coveringAt("ten_1", { "tag.env": "prod" }, at("05T02:00"))).toBeUndefined();
});

test("a calendar lists what is in force between two instants, and nothing from before a window was made", async () => {
  await using temp = await openTempStore();
  const role = await start(temp);
  const weekly = await role.api.createMaintenance({ window: window({ schedule: { rrule: "FREQ=WEEKLY;BYDAY=SU", dtstart: "2020-03-22T02:30", duration: "2h", timezone: "UTC" } }) } as never, call);
  const off = await role.api.createMaintenance({ window: window({ enabled: false }) } as never, call);
  const at = (day: number) => weekly.createdAtMs! + day * 86_400_000;
  const { items, hasMore } = await role.api.listMaintenanceOccurrences({ fromMs: at(-30), toMs: at(30) } as never, call);
  expect(items!.length).toBeGreaterThanOrEqual(4);
  expect(items!.length).toBeLessThanOrEqual(5);
  expect(items!.every(({ windowId, startMs, endMs }) => windowId === weekly.id && endMs! - startMs! === 7_200_000 && endMs! > at(0))).toBe(true);
  expect([hasMore, off.enabled]).toEqual([false, false]);
  for (const toMs of [at(-1), at(101)]) await expect((async () => role.api.listMaintenanceOccurrences({ fromMs: at(0), toMs } as never, call))()).rejects.toThrow("at most 100 days");
  await role.stop();
});

test("a preview says when it would be and what it would cover, and stores nothing", async () => {
  await using temp = await openTempStore();
  const role = await start(temp);
  const schedule = { rrule: "FREQ=WEEKLY;BYDAY=SU", dtstart: "2026-03-22T02:30", duration: "2h", timezone: "Europe/Berlin" };
  const preview = await role.api.previewMaintenance({ window: window({ schedule }) } as never, call);
  expect(preview.checks!.map(({ id }) => id)).toEqual(["chk_1", "chk_2"]);
  expect(preview.occurrences!).toHaveLength(10);
  // Two hours of real time in the night in which the clocks go forward, from the first instant that exists.
  expect(preview.occurrences![1]).toMatchObject({ startMs: Date.UTC(2026, 2, 29, 1), endMs: Date.UTC(2026, 2, 29, 3) });
  expect((await role.api.listMaintenance({ limit: 0, cursor: "" } as never, call)).items).toEqual([]);
  await role.stop();
});

test.each([
  [{ matchers: [] }, ["/matchers"]],
  [{ name: "", schedule: {} }, ["/name", "/schedule"]],
  [{ schedule: { start: "2026-01-01T02:00:00Z", end: "2026-01-01T01:00:00Z" } }, ["/schedule/end"]],
  [{ schedule: { start: "2025-01-01T02:00:00Z", end: "2025-01-01T03:00:00Z" } }, ["/schedule/end"]],
  [{ schedule: { start: "tomorrow", end: "2026-01-01T01:00:00" } }, ["/schedule/start", "/schedule/end"]],
  [{ schedule: { cron: "61 * * * *", duration: "2 hours", timezone: "Mars/Olympus" } }, ["/schedule/cron", "/schedule/duration", "/schedule/timezone"]],
  [{ schedule: { cron: "0 0 30 2 *", duration: "2h", timezone: "+02:00" } }, ["/schedule/cron", "/schedule/timezone"]],
  [{ schedule: { rrule: "FREQ=HOURLY", dtstart: "2026-01-01", duration: "2h", timezone: "UTC" } }, ["/schedule/rrule", "/schedule/dtstart"]],
  [{ schedule: { rrule: "FREQ=WEEKLY;BYDAY=XX", dtstart: "2026-01-01T00:00", duration: "2h", timezone: "UTC" } }, ["/schedule/rrule"]],
  [{ schedule: { rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", dtstart: "2026-01-01T00:00", duration: "2h", timezone: "UTC" } }, ["/schedule/rrule"]],
  [{ schedule: { ...nightly, start: "2026-01-01T02:00:00Z" } }, ["/schedule"]],
  [{ schedule: nightly, colour: "red" }, [""]],
])("%j is refused at %j", async (change, pointers) => {
  await using temp = await openTempStore();
  const role = await start(temp);
  const error = await role.api.createMaintenance({ window: window(change) } as never, call).catch((thrown) => thrown);
  expect(error.code).toBe("invalid_argument");
  expect(error.fields.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  await role.stop();
});
