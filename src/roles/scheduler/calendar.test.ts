import { expect, test } from "bun:test";
import fc from "fast-check";
import { beginsOn, changesOf, wallsOf, zones } from "../../testing/wall_clocks.ts";
import { createCalendar, parseTiming, phaseOf } from "./calendar.ts";

const start = Date.UTC(2026, 2, 1);

test("slots of an interval lie on one grid for ever, whatever instant they are asked from", () => {
  const calendar = createCalendar();
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1_000, max: 86_400_000 }), fc.nat(1e12), (id, everyMs, offset) => {
      const timing = { everyMs, cron: "", timezone: "" };
      const after = start + offset;
      const slot = calendar.next(id, timing, after);
      expect(slot).toBeGreaterThan(after);
      expect(slot - after).toBeLessThanOrEqual(everyMs);
      expect(calendar.next(id, timing, slot)).toBe(slot + everyMs);
      expect(calendar.next(id, timing, slot - 1)).toBe(slot);
      expect(calendar.newest(id, timing, slot, slot + 10 * everyMs - 1)).toBe(slot + 9 * everyMs);
    }),
  );
});

test("checks spread evenly over their period: no second of a minute gets more than 1.5 times its share", () => {
  const perSecond = new Uint32Array(60);
  for (let i = 0; i < 30_000; i++) perSecond[Math.floor(phaseOf(`chk_01J9Z${String(i).padStart(21, "0")}`, 60_000) / 1_000)]!++;
  expect(Math.max(...perSecond)).toBeLessThan(1.5 * (30_000 / 60));
});

test("cron follows its zone through the change of clocks", () => {
  const calendar = createCalendar();
  const berlin = { everyMs: 0, cron: "30 8 * * *", timezone: "Europe/Berlin" };
  expect(new Date(calendar.next("", berlin, Date.UTC(2026, 2, 28, 12))).toISOString()).toBe("2026-03-29T06:30:00.000Z");
  expect(new Date(calendar.next("", berlin, Date.UTC(2026, 2, 27, 12))).toISOString()).toBe("2026-03-28T07:30:00.000Z");
});

test("cron slots between two instants leave out both ends, and keep the newest when there are too many", () => {
  const calendar = createCalendar();
  const hourly = { everyMs: 0, cron: "0 * * * *", timezone: "UTC" };
  const hour = 3_600_000;
  expect(calendar.between(hourly, start, start + 4 * hour, 10)).toEqual([1, 2, 3].map((h) => start + h * hour));
  expect(calendar.between(hourly, start, start + 100 * hour, 2)).toEqual([98, 99].map((h) => start + h * hour));
});

test("the newest cron slot until an instant, that instant included, through the change of clocks", () => {
  const calendar = createCalendar();
  const daily = { everyMs: 0, cron: "30 2 * * *", timezone: "Europe/Berlin" };
  const newest = (at: string) => new Date(calendar.newestBefore(daily, Date.parse(at))).toISOString();
  expect(newest("2026-03-28T01:30:00.000Z")).toBe("2026-03-28T01:30:00.000Z");
  expect(newest("2026-03-28T01:29:59.999Z")).toBe("2026-03-27T01:30:00.000Z");
  // 02:30 does not exist on the 29th: the slot is when the clocks go forward. In October it comes twice and counts once.
  expect(newest("2026-03-29T12:00:00.000Z")).toBe("2026-03-29T01:00:00.000Z");
  expect(newest("2026-10-25T12:00:00.000Z")).toBe("2026-10-25T00:30:00.000Z");
  for (let at = Date.UTC(2026, 2, 26); at < Date.UTC(2026, 2, 31); at += 3_333_333) {
    const slot = calendar.newestBefore(daily, at);
    expect(slot).toBeLessThanOrEqual(at);
    expect(calendar.next("", daily, slot)).toBeGreaterThan(at);
  }
});

const long = process.env["UPTIMEPING_TEST_LONG"] !== undefined;
const years = long ? { from: 2000, to: 2037 } : { from: 2010, to: 2011 };

test.each(zones)(
  `%s: cron of one time a day comes when the clock on the wall says so, ${years.from} to ${years.to}`,
  (timezone) => {
    const calendar = createCalendar();
    for (const { fromMs, toMs } of changesOf(timezone, years.from, years.to)) {
      const walls = wallsOf(timezone, fromMs, toMs);
      // Midnight and one minute after (St. John's, Havana), half an hour (Lord Howe), the usual ones, and noon.
      for (const minute of long ? [0, 1, 15, 105, 120, 150, 165, 180, 720] : [0, 1, 105, 150]) {
        const timing = { everyMs: 0, cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, timezone };
        const slots = calendar.between(timing, fromMs - 1, toMs, 100);
        const shown = (times: number[]) => [timing.cron, ...times.map((ms) => new Date(ms).toISOString())];
        expect(shown(slots)).toEqual(shown(beginsOn(walls, { minute }, "never")));
        for (const slot of slots) expect([calendar.newestBefore(timing, slot), calendar.newestBefore(timing, slot + 59_999)]).toEqual([slot, slot]);
      }
    }
  },
  long ? 600_000 : 20_000,
);

const given = { every: "", cron: "", timezone: "" };

test.each([
  [given, "", "give either"],
  [{ ...given, every: "30s", cron: "* * * * *" }, "", "give either"],
  [{ ...given, every: "half a minute" }, "/every", "is not a duration from 1s"],
  [{ ...given, every: "500ms" }, "/every", "is not a duration from 1s"],
  [{ ...given, every: "1s", timezone: "UTC" }, "/timezone", 'goes with "cron" only'],
  [{ ...given, cron: "61 * * * *" }, "/cron", "is not a cron expression"],
  [{ ...given, cron: "tomorrow" }, "/cron", "is not a cron expression"],
  [{ ...given, cron: "0 0 30 2 *" }, "/cron", "never comes"],
  [{ ...given, cron: "* * * * *", timezone: "Mars/Olympus" }, "/timezone", "is not an IANA time zone"],
])("%j is refused at %p", (input, pointer, message) => {
  let fields: { pointer: string; message: string }[] = [];
  try {
    parseTiming(input);
  } catch (error) {
    fields = (error as { fields: typeof fields }).fields;
  }
  expect(fields.map((field) => field.pointer)).toEqual([pointer]);
  expect(fields[0]!.message).toContain(message);
});
