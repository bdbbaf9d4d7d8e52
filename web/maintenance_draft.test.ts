import { expect, test } from "bun:test";
import { maintenanceDocument, maintenanceDraftOf, newMaintenance } from "./maintenance_draft.ts";
import { matcherDraftOf, matcherOf, matcherText } from "./matcher_draft.ts";
import type { MaintenanceWindow } from "./types.ts";

const now = new Date("2026-01-01T10:20:00Z");
const window = (schedule: MaintenanceWindow["schedule"]): MaintenanceWindow => ({
  id: "mnt_1",
  version: 3,
  name: "Nights",
  description: "backup",
  enabled: false,
  matchers: [{ label: "tag.env", op: "in", value: ["prod", "stage"] }],
  schedule,
  active: false,
  activeUntil: null,
  nextStart: null,
  nextEnd: null,
});

const repeated = { dtstart: "2026-01-04T02:30", duration: "2h", timezone: "Europe/Berlin" };

const schedules: MaintenanceWindow["schedule"][] = [
  { start: "2026-02-01T01:00:00.000Z", end: "2026-02-01T03:00:00.000Z" },
  { cron: "30 2 * * SUN", duration: "2h", timezone: "Asia/Kathmandu" },
  { rrule: "FREQ=WEEKLY;BYDAY=MO,SU", ...repeated },
  { rrule: "FREQ=MONTHLY;BYDAY=-1SU", ...repeated },
  { rrule: "FREQ=YEARLY;BYMONTH=2", ...repeated, exdates: ["2027-02-04T02:30"] },
];

test.each(schedules)("%j is read into the form and written as it was", (schedule) => {
  const { name, description, enabled, matchers } = window(schedule);
  const written: unknown = maintenanceDocument(maintenanceDraftOf(window(schedule), "UTC", now), schedule.exdates);
  expect(written).toEqual({ name, description, enabled, matchers, schedule });
});

test("a new window begins at the next full hour, and the days of a week are in their order", () => {
  const draft = newMaintenance("Europe/Berlin", now);
  expect(maintenanceDocument(draft)["schedule"]).toEqual({ start: "2026-01-01T11:00:00.000Z", end: "2026-01-01T13:00:00.000Z" });
  const weekly = { ...draft, values: { ...draft.values, kind: "weekly" }, days: ["SU", "MO"] };
  expect(maintenanceDocument(weekly)["schedule"]).toMatchObject({ rrule: "FREQ=WEEKLY;BYDAY=MO,SU", duration: "2h", timezone: "Europe/Berlin" });
});

test("matchers are typed with commas and told in one line", () => {
  const list = { label: "tag.env", op: "in", value: ["prod", "stage"] };
  expect(matcherOf(matcherDraftOf(list))).toEqual(list);
  expect(matcherText(list)).toBe("tag.env is one of prod, stage");
  expect(matcherText({ label: "name", op: "matches", value: "" })).toBe("every name");
});
