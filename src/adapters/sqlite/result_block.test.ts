import { expect, test } from "bun:test";
import fc from "fast-check";
import { sealedAsBefore } from "../../testing/old_results.ts";
import type { Row } from "#ports/result_row";
import { columnNames, OpenBlock, openSealed, sealRows } from "./result_block.ts";

const row = fc.record({
  sequence: fc.nat(1e6),
  slot: fc.integer({ min: 1.7e12, max: 1.7e12 + 1e9 }),
  lag: fc.nat(1e6),
  flags: fc.nat(7),
  latency: fc.nat(2e9),
  dns: fc.integer({ min: -1, max: 1e6 }),
  connect: fc.integer({ min: -1, max: 1e6 }),
  tls: fc.integer({ min: -1, max: 1e6 }),
  firstByte: fc.integer({ min: -1, max: 1e6 }),
  transfer: fc.integer({ min: -1, max: 1e6 }),
  code: fc.integer({ min: -1, max: 999 }),
  bodyBytes: fc.nat(10_485_760),
  attempts: fc.nat(11),
  probeLag: fc.nat(1e6),
});

test("what is sealed opens as it was, and what was not sealed stays", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 80 }), fc.boolean(), (rows, cut, hasMinutes) => {
      const sorted: Row[] = rows.toSorted((a, b) => a.sequence - b.sequence);
      const block = new OpenBlock();
      for (const one of sorted) block.push(one);
      const count = Math.min(cut, sorted.length);
      const sealed = openSealed(sealRows(sorted.slice(0, count), hasMinutes).data);
      const slots = sorted.slice(0, count).map(({ slot }) => slot);
      expect(sealed.rows()).toEqual(sorted.slice(0, count));
      expect(sealed.counted()).toMatchObject(sorted.slice(0, count).map(({ sequence, slot, flags, latency }) => ({ sequence, slot, flags, latency })));
      expect([sealed.hasMinutes, sealed.slots]).toEqual([hasMinutes, { firstMs: Math.min(...slots), lastMs: Math.max(...slots) }]);
      block.drop(count);
      expect(Array.from({ length: block.rows }, (_, i) => block.row(i))).toEqual(sorted.slice(count));
    }),
  );
});

test("a steady check takes at most 16 bytes a result", () => {
  const rows: Row[] = [];
  for (let i = 0; i < 240; i++) {
    const values = [i * 5000, 1.7e12 + i * 15_000, 200 + ((i * 7919) % 900), 0, 21_000 + ((i * 104_729) % 4_000), 300 + ((i * 31) % 90), 90 + ((i * 13) % 40), -1, 20_000 + ((i * 7) % 3_000), 100 + (i % 60), 200, 512, 1, 40 + ((i * 17) % 50)];
    rows.push(Object.fromEntries(columnNames.map((name, c) => [name, values[c]])) as unknown as Row);
  }
  expect(sealRows(rows, true).data.length / 240).toBeLessThan(16);
});

test("blocks as versions 1 and 2 wrote them still open", () => {
  const rows = Array.from({ length: 3 }, (_, i) => Object.fromEntries(columnNames.map((name, c) => [name, name === "slot" ? 1.7e12 + i * 60_000 : 10 * c + i])) as unknown as Row);
  for (const version of [1, 2] as const) {
    const opened = openSealed(sealedAsBefore(version, rows));
    expect(opened.rows()).toEqual(rows.map((one) => ({ ...one, ...(version === 1 && { probeLag: 0 }) })));
    expect([opened.slots, opened.hasMinutes]).toEqual([{ firstMs: 0, lastMs: Number.MAX_SAFE_INTEGER }, false]);
  }
});

test("a block that breaks off, and one of a version to come, are refused", () => {
  const { data } = sealRows([Object.fromEntries(columnNames.map((name) => [name, 1])) as unknown as Row], false);
  expect(() => openSealed(data.slice(0, 3))).toThrow("packed numbers end in their middle: 3 bytes");
  expect(() => openSealed(Uint8Array.of(4, 0, 1))).toThrow("a sealed block of version 4 cannot be read: this executable knows versions up to 3");
});
