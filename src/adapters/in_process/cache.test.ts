import { cacheConformance } from "#ports/cache.conformance";
import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createCache } from "./cache.ts";

cacheConformance(async () => {
  const clock = createFakeClock();
  return { cache: createCache(clock), pass: (ms) => clock.advance(ms), close: async () => {} };
});

test("what was put in longest ago goes first when there is too much", async () => {
  const cache = createCache(createFakeClock(), { entries: 3, length: 1_000 });
  for (const key of ["a", "b", "c", "d"]) await cache.set(key, key, 1_000);
  expect([await cache.get("a"), await cache.get("b")]).toEqual([undefined, "b"]);
  await cache.set("e", "x".repeat(999), 1_000);
  expect([await cache.get("d"), (await cache.get("e"))?.length]).toEqual([undefined, 999]);
});
