import { expect, test } from "bun:test";
import fc from "fast-check";
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
