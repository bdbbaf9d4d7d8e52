import { expect, test } from "bun:test";
import fc from "fast-check";
import { columnNames, OpenBlock, openSealed, sealRows, type Row } from "./result_block.ts";

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
});

test("what is sealed opens as it was, and what was not sealed stays", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), fc.nat(80), (rows, cut) => {
      const sorted: Row[] = rows.toSorted((a, b) => a.sequence - b.sequence);
      const block = new OpenBlock();
      for (const one of sorted) block.push(one);
      const count = Math.min(cut, sorted.length);
      expect(openSealed(sealRows(block, count))).toEqual(sorted.slice(0, count));
      block.drop(count);
      expect(Array.from({ length: block.rows }, (_, i) => block.row(i))).toEqual(sorted.slice(count));
    }),
  );
});

test("a steady check takes at most 16 bytes a result", () => {
  const block = new OpenBlock();
  for (let i = 0; i < 240; i++) {
    const values = [i * 5000, 1.7e12 + i * 15_000, 200 + ((i * 7919) % 900), 0, 21_000 + ((i * 104_729) % 4_000), 300 + ((i * 31) % 90), 90 + ((i * 13) % 40), -1, 20_000 + ((i * 7) % 3_000), 100 + (i % 60), 200, 512, 1];
    block.push(Object.fromEntries(columnNames.map((name, c) => [name, values[c]])) as Row);
  }
  expect(sealRows(block, 240).length / 240).toBeLessThan(16);
});
