import { rateLimitsConformance } from "#ports/rate_limits.conformance";
import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createRateLimits } from "./rate_limits.ts";

rateLimitsConformance(async () => {
  const clock = createFakeClock();
  return { limits: createRateLimits(clock), clock, close: async () => {} };
});

test("a flood of new keys does not free one that keeps asking", async () => {
  const limits = createRateLimits(createFakeClock(), 10);
  const quota = { name: "ip", limit: 1, windowMs: 60_000 };
  await limits.take(quota, "busy");
  for (let i = 0; i < 100; i++) {
    await limits.take(quota, `flood ${i}`);
    expect((await limits.take(quota, "busy")).allowed).toBe(false);
  }
});
