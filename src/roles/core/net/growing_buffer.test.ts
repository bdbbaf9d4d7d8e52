import { expect, test } from "bun:test";
import { GrowingBuffer } from "./growing_buffer.ts";

test("bytes come out as they went in, whatever is taken off in between", () => {
  const buffer = new GrowingBuffer();
  let whole = "";
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let turn = 0; turn < 2_000; turn++) {
    const piece = String(turn).repeat(random(20));
    buffer.append(Buffer.from(piece));
    const gone = random(30);
    whole = (whole + piece).slice(gone);
    buffer.drop(gone);
    expect(buffer.bytes.toString()).toBe(whole);
  }
});

test("what was looked at stays as it was", () => {
  const buffer = new GrowingBuffer();
  buffer.append(Buffer.from("one"));
  const seen = buffer.bytes;
  buffer.drop(3);
  for (let turn = 0; turn < 1_000; turn++) buffer.append(Buffer.from("two"));
  expect(seen.toString()).toBe("one");
});

test("a million single bytes take a moment", () => {
  const buffer = new GrowingBuffer();
  const startedAt = performance.now();
  for (let turn = 0; turn < 1_000_000; turn++) {
    buffer.append(Buffer.from("x"));
    if (buffer.bytes.length > 500_000) buffer.drop(1);
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
