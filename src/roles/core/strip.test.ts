import { expect, test } from "bun:test";
import fc from "fast-check";
import { resultStatuses } from "#ports/results";
import { Strip, stripLength, type StripEntry } from "./strip.ts";

const entry: fc.Arbitrary<StripEntry> = fc.record({ slotMs: fc.nat(1e9).map((n) => n + 1), status: fc.constantFrom(...resultStatuses), latencyMs: fc.nat(4_000).map((n) => n / 4) });

test("a strip holds the newest entries in the order in which they came", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 3 * stripLength }), (entries) => {
      const strip = new Strip();
      for (const one of entries) strip.push(one);
      const newest = entries.slice(-stripLength);
      expect(strip.entries()).toEqual(newest);
      expect(strip.length).toBe(newest.length);
      expect(newest.every(({ slotMs }) => strip.hasSlot(slotMs))).toBe(true);
      expect(strip.hasSlot(-1)).toBe(false);
      if (newest.length > 0) expect(strip.newestLatencyMs).toBe(newest.at(-1)!.latencyMs);
    }),
  );
});
