import { expect, test } from "bun:test";
import fc from "fast-check";
import { createDueHeap } from "./due_heap.ts";

test("gives items in order of their time, whatever was added, moved and removed", () => {
  const step = fc.record({ item: fc.nat(30), dueMs: fc.nat(1000), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = createDueHeap();
      const model = new Map<number, number>();
      for (const { item, dueMs, remove } of steps) {
        if (remove) {
          heap.remove(item);
          model.delete(item);
        } else {
          heap.set(item, dueMs);
          model.set(item, dueMs);
        }
        expect(heap.size).toBe(model.size);
        expect(heap.nextDueMs()).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.values()));
      }
      const times: number[] = [];
      for (let item = heap.pop(); item >= 0; item = heap.pop()) {
        times.push(model.get(item)!);
        model.delete(item);
      }
      expect(model.size).toBe(0);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }),
  );
});

test("grows past its first size", () => {
  const heap = createDueHeap();
  for (let item = 0; item < 5000; item++) heap.set(item, 5000 - item);
  expect(heap.pop()).toBe(4999);
  expect(heap.size).toBe(4999);
});
